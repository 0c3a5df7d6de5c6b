package cpace

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

//go:embed testdata/draft.json
var draftJSON []byte

// octets are hex in the draft's file.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// draft is the authors' own file of test vectors, the part about our suite.
type draft struct {
	Exchange struct {
		PRS, CI, SID, G, Ya, Yb octets
		LittleYa                octets `json:"ya"`
		LittleYb                octets `json:"yb"`
		ADa, ADb, K             octets
		ISK                     octets `json:"ISK_IR"`
	}
	Points struct {
		Valid    map[string]octets
		Invalid1 octets `json:"Invalid Y1"`
		Invalid2 octets `json:"Invalid Y2"`
	}
}

func vectors(t *testing.T) draft {
	t.Helper()
	// The file tells ya and Ya apart by case, which encoding/json does only
	// where an exact match exists.
	var d draft
	if err := json.Unmarshal(draftJSON, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The draft's vectors for CPACE-RISTR255-SHA512, value by value.
func TestDraftVectors(t *testing.T) {
	d := vectors(t).Exchange
	p := Params{Code: string(d.PRS), CI: d.CI, SID: d.SID}
	// Appendix "Test vectors for calculate_generator with group ristretto255".
	want := unhex(t, `
		11435061636552697374726574746f3235350850617373776f726464
		00000000000000000000000000000000000000000000000000000000
		00000000000000000000000000000000000000000000000000000000
		00000000000000000000000000000000000000000000000000000000
		00000000000000000000000000000000180b415f696e69746961746f
		720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f
		2c57`)
	if got := generatorString(p); !bytes.Equal(got, want) {
		t.Errorf("generator string %x", got)
	}
	if got := generator(p).Bytes(); !bytes.Equal(got, d.G) {
		t.Errorf("generator %x", got)
	}
	ya, err := scalar(d.LittleYa)
	if err != nil {
		t.Fatal(err)
	}
	yb, err := scalar(d.LittleYb)
	if err != nil {
		t.Fatal(err)
	}
	if got := scalarMult(ya, generator(p)); !bytes.Equal(got, d.Ya) {
		t.Errorf("Ya %x", got)
	}
	if got := scalarMult(yb, generator(p)); !bytes.Equal(got, d.Yb) {
		t.Errorf("Yb %x", got)
	}
	if got, err := scalarMultVerify(ya, d.Yb); !bytes.Equal(got, d.K) || err != nil {
		t.Errorf("K of the initiator %x, %v", got, err)
	}
	if got, err := scalarMultVerify(yb, d.Ya); !bytes.Equal(got, d.K) || err != nil {
		t.Errorf("K of the responder %x, %v", got, err)
	}
	if got, err := agree(d.SID, ya, d.Yb, d.Ya, true, string(d.ADa), string(d.ADb)); !bytes.Equal(got, d.ISK) || err != nil {
		t.Errorf("ISK of the initiator %x, %v", got, err)
	}
	if got, err := agree(d.SID, yb, d.Ya, d.Yb, false, string(d.ADa), string(d.ADb)); !bytes.Equal(got, d.ISK) || err != nil {
		t.Errorf("ISK of the responder %x, %v", got, err)
	}
	for in, want := range map[string]string{"": "00", "1234": "0431323334"} {
		if got := hex.EncodeToString(LV([]byte(in))); got != want {
			t.Errorf("prepend_len(%q) = %s", in, got)
		}
	}
	if got := hex.EncodeToString(LV([]byte("1234"), []byte("5"), nil, []byte("678"))); got != "043132333401350003363738" {
		t.Errorf("lv_cat %s", got)
	}
	if got := LV(make([]byte, 128)); len(got) != 130 || got[0] != 0x80 || got[1] != 1 {
		t.Errorf("prepend_len of 128 bytes begins %x", got[:2])
	}
}

func TestDraftPoints(t *testing.T) {
	p := vectors(t).Points
	s, err := scalar(p.Valid["s"])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := scalarMultVerify(s, p.Valid["X"]); !bytes.Equal(got, p.Valid["G.scalar_mult_vfy(s,X)"]) || err != nil {
		t.Errorf("%x, %v", got, err)
	}
	for _, bad := range [][]byte{p.Invalid1, p.Invalid2} {
		if got, err := scalarMultVerify(s, bad); !errors.Is(err, ErrShare) {
			t.Errorf("%x gave %x, %v", bad, got, err)
		}
	}
}

// badEncodings are those of RFC 9496, appendix A.2, and shapes beside them.
var badEncodings = map[string][]string{
	"neutral": {strings.Repeat("00", 32)},
	"of another length": {
		"", "00", strings.Repeat("00", 31), strings.Repeat("00", 33),
		"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d7600", // the generator, and a byte
	},
	"not a canonical field element": {
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000080",
	},
	"negative": {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
		"c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
		"c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
		"47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
		"f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
		"87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
	},
	"not on the curve": {
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
		"4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
		"de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87",
		"bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
		"2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
		"f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
		"8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
		"2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
	},
	"not the coset's own": {
		"3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
		"a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
		"d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
		"8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
		"32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
		"227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
		"5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
		"445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
	},
	"of low order (s = -1)": {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
	// Points of order 1, 2, 4 and 8 as Ed25519 encodes them: in this group they
	// are the neutral element or nothing at all.
	"of low order on the curve below": {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	},
}

// Neither end goes on with a share that is no element, or the neutral one.
func TestInvalidShares(t *testing.T) {
	p := Params{Code: "ABCDEFGH", SID: []byte("sid"), CI: []byte("ci")}
	for what, list := range badEncodings {
		for _, text := range list {
			bad := unhex(t, text)
			if _, share, err := Respond(p, bad); !errors.Is(err, ErrShare) || share != nil {
				t.Errorf("%s: the responder answered %s: %v", what, text, err)
			}
			i, _, err := Initiate(p)
			if err != nil {
				t.Fatal(err)
			}
			if _, confirmation, err := i.Answer(bad); !errors.Is(err, ErrShare) || confirmation != nil {
				t.Errorf("%s: the initiator answered %s: %v", what, text, err)
			}
		}
	}
}
