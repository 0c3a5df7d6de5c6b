package hostconfig

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

// PolicyKey is where group policy writes, below HKEY_LOCAL_MACHINE. Only
// administrators can change it.
const PolicyKey = `Software\Policies\BeckmanConnect`

type groupPolicy struct{}

func overrides() Overrides { return groupPolicy{} }

// Place implements Overrides.
func (groupPolicy) Place() string { return `HKLM\` + PolicyKey }

// Value implements Overrides. A value of another kind than text is an error.
func (groupPolicy) Value(name string) (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, PolicyKey, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer k.Close()
	text, _, err := k.GetStringValue(name)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return text, err
}
