package conformance

import (
	"testing"

	"beckmanconnect/service/upgrade/source"
)

// state is a role in one version: its keys, how many have to sign, who signs,
// by number, and whether a PC has to take it.
type state struct {
	keys      []int
	threshold int
	sigs      []int
	refused   bool
}

var rootRotations = map[string][]state{
	"1-of-1-key-rotation":                   {{[]int{1}, 1, []int{1}, false}, {[]int{2}, 1, []int{2, 1}, false}, {[]int{2}, 1, []int{2}, false}},
	"1-of-1-key-rotation-unused-signatures": {{[]int{1}, 1, []int{3, 1, 4}, false}, {[]int{2}, 1, []int{3, 2, 1, 4}, false}, {[]int{2}, 1, []int{3, 2, 4}, false}},
	"3-of-5-sign-with-different-keycombos": {{[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false}, {[]int{0, 1, 2, 3, 4}, 3, []int{0, 4, 1}, false},
		{[]int{0, 1, 2, 3, 4}, 3, []int{0, 1, 3}, false}, {[]int{0, 1, 2, 3, 4}, 3, []int{0, 1, 3}, false}},
	"3-of-5-one-key-rotated": {{[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false}, {[]int{0, 1, 3, 4, 5}, 3, []int{0, 4, 1}, false}},
	"3-of-5-one-key-rotated-with-intermediate-step": {{[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false}, {[]int{0, 1, 3, 4, 5}, 3, []int{0, 2, 4, 5}, false},
		{[]int{0, 1, 3, 4, 5}, 3, []int{0, 4, 5}, false}},
	"3-of-5-all-keys-rotated-with-intermediate-step": {{[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false}, {[]int{5, 6, 7, 8, 9}, 3, []int{0, 2, 4, 5, 6, 7}, false},
		{[]int{5, 6, 7, 8, 9}, 3, []int{5, 6, 7}, false}},
	"1-of-3-threshold-increase-to-2-of-3":                             {{[]int{1, 2, 3}, 1, []int{1}, false}, {[]int{1, 2, 3}, 2, []int{1, 2}, false}},
	"2-of-3-threshold-decrease-to-1-of-3":                             {{[]int{1, 2, 3}, 2, []int{1, 2}, false}, {[]int{1, 2, 3}, 1, []int{1, 2}, false}, {[]int{1, 2, 3}, 1, []int{1}, false}},
	"1-of-2-threshold-increase-to-2-of-2":                             {{[]int{1}, 1, []int{1}, false}, {[]int{1, 2}, 2, []int{1, 2}, false}},
	"1-of-1-key-rotation-fail-not-signed-with-old-key":                {{[]int{1}, 1, []int{1}, false}, {[]int{2}, 1, []int{2, 3, 4}, true}},
	"1-of-1-key-rotation-fail-not-signed-with-new-key":                {{[]int{1}, 1, []int{1}, false}, {[]int{2}, 1, []int{1, 3, 4}, true}},
	"3-of-5-one-key-rotate-fails-not-signed-with-3-new-keys":          {{[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false}, {[]int{0, 1, 3, 4, 5}, 3, []int{0, 2, 4}, true}},
	"3-of-5-one-key-rotate-fails-not-signed-with-3-old-keys":          {{[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false}, {[]int{0, 1, 3, 4, 5}, 3, []int{0, 4, 5}, true}},
	"1-of-3-threshold-bump-to-2-of-3-fails-new-threshold-not-reached": {{[]int{1, 2, 3}, 1, []int{1}, false}, {[]int{1, 2, 3}, 2, []int{2}, true}},
	"2-of-3-threshold-decr-to-1-of-3-fails-old-threshold-not-eached":  {{[]int{1, 2, 3}, 2, []int{1, 2}, false}, {[]int{1, 2, 3}, 1, []int{1}, true}},
}

var roleRotations = map[string]state{
	"1-of-1-key-rotation":                                            {[]int{2}, 1, []int{2}, false},
	"1-of-1-key-rotation-unused-signatures":                          {[]int{1}, 1, []int{3, 1, 4}, false},
	"1-of-1-key-rotation-fail-not-signed-with-new-key":               {[]int{2}, 1, []int{1, 3, 4}, true},
	"3-of-5-one-key-signature-wrong-not-signed-with-3-expected-keys": {[]int{0, 1, 3, 4, 5}, 3, []int{0, 2, 4}, true},
	"2-of-5-one-key-signature-mising-threshold-not-reached":          {[]int{0, 1, 3, 4, 5}, 3, []int{0, 4}, true},
	"3-of-5-sign-first-combo":                                        {[]int{0, 1, 2, 3, 4}, 3, []int{0, 2, 4}, false},
	"3-of-5-sign-second-combo":                                       {[]int{0, 1, 2, 3, 4}, 3, []int{0, 4, 1}, false},
	"3-of-5-sign-third-combo":                                        {[]int{0, 1, 2, 3, 4}, 3, []int{0, 1, 3}, false},
	"3-of-5-sign-fourth-combo":                                       {[]int{0, 1, 2, 3, 4}, 3, []int{1, 2, 3}, false},
	"3-of-5-sign-fifth-combo":                                        {[]int{0, 1, 2, 3, 4}, 3, []int{2, 3, 4}, false},
}

func ten(t *testing.T) (all []signer) {
	for range 10 {
		all = append(all, newSigner(t, "ecdsa", nil))
	}
	return all
}

// become gives a role of the root the keys and signers of a state.
func (s *simulator) become(role string, to state, all []signer) {
	s.Root.Signed.Roles[role].KeyIDs, s.Signers[role] = nil, nil
	s.Root.Signed.Roles[role].Threshold = to.threshold
	for _, n := range to.keys {
		s.addKey(role, all[n])
	}
	s.Signers[role] = nil
	for _, n := range to.sigs {
		s.Signers[role] = append(s.Signers[role], all[n])
	}
}

var rotations = map[string]replay{
	"test_root_rotation": func(t *testing.T, repo *simulator, pc *client, parameter string) {
		all, steps := ten(t), rootRotations[parameter]
		if steps == nil {
			t.Fatal("this rotation is not written down")
		}
		repo.forget(root)
		var published [][]byte
		for _, step := range steps {
			repo.become(root, step, all)
			repo.publish(root)
			published = append(published, repo.last(root))
		}
		repo.publish(targets, snapshot, timestamp)
		pc.root = published[0]
		if !steps[len(steps)-1].refused {
			pc.succeeds()
			pc.matches(root, published[len(published)-1])
			return
		}
		pc.fails(source.ErrUntrusted)
		pc.matches(root, published[len(published)-2])
	},
	"test_non_root_rotations": func(t *testing.T, repo *simulator, pc *client, parameter string) {
		all, to := ten(t), roleRotations[parameter]
		if to.keys == nil {
			t.Fatal("this rotation is not written down")
		}
		for _, role := range []string{timestamp, snapshot, targets} {
			repo.become(role, to, all)
			repo.publish(root, targets, snapshot, timestamp)
			if to.refused {
				pc.fails(source.ErrUntrusted)
				continue
			}
			pc.succeeds()
			pc.matches(role, repo.last(role))
		}
	},
}
