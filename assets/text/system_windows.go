package text

import "golang.org/x/sys/windows"

// SystemLanguage is the language of the technician's Windows login, as a tag
// of Languages.
func SystemLanguage() string {
	wanted, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return languages[0].Tag
	}
	return Match(wanted...)
}
