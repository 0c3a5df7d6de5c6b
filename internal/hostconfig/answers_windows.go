package hostconfig

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

// AnswersKey is where the packages write what was said at installation, below
// HKEY_LOCAL_MACHINE. Only administrators can change it.
const AnswersKey = `SOFTWARE\BeckmanConnect\Setup`

// Answers are what was said at installation, for the install verb alone: what
// of it became the configuration stands in the file.
func Answers() ([]Setting, error) {
	place := `HKLM\` + AnswersKey
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, AnswersKey, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil // no package: somebody runs the verb by hand
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	return answers(place, func(name string) (string, bool, error) {
		text, _, err := k.GetStringValue(name)
		if errors.Is(err, registry.ErrNotExist) {
			return "", false, nil
		}
		return text, err == nil, err
	})
}
