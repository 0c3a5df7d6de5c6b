package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/assets/terms"
	"beckmanconnect/assets/text"
	"beckmanconnect/service/profile"
	"beckmanconnect/store"
)

// selfTestTime bounds what is a matter of a tenth of a second.
const selfTestTime = 10 * time.Second

// SelfTest looks at what the service is built of: its texts in every language,
// the profiles of instruments, and a store made in memory. It opens nothing
// outside. The upgrade service asks for it before this version becomes current.
func SelfTest() error {
	var faults []error
	english := text.New("en").Keys()
	for _, l := range text.Languages() {
		if c := text.New(l.Tag); c.Lang() != l.Tag || len(c.Keys()) != len(english) {
			faults = append(faults, fmt.Errorf("the texts of %s are not whole", l.Tag))
		}
		if t := terms.Current(l.Tag); t.Language != l.Tag || t.ITRequirements == "" || t.Terms == "" {
			faults = append(faults, fmt.Errorf("the terms of %s are not whole", l.Tag))
		}
	}
	if len(english) == 0 {
		faults = append(faults, errors.New("there are no texts"))
	}
	for _, name := range profiles.Names() {
		shipped, err := profiles.Read(name)
		if err == nil {
			_, err = profile.Parse(shipped)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), selfTestTime)
	defer cancel()
	return errors.Join(append(faults, store.SelfTest(ctx))...)
}
