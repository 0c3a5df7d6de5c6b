package text

import (
	"os"
	"strings"
)

// SystemLanguage is the language the technician's login speaks, as a tag of
// Languages.
func SystemLanguage() string {
	return fromEnvironment(os.Getenv)
}

// fromEnvironment follows the order of POSIX and GNU: LC_ALL, LC_MESSAGES,
// LANG; LANGUAGE is a list of wishes that counts unless the locale is "C".
func fromEnvironment(getenv func(string) string) string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	locale = bare(locale)
	if locale == "" || locale == "C" || locale == "POSIX" {
		return languages[0].Tag
	}
	var wanted []string
	for _, wish := range strings.Split(getenv("LANGUAGE"), ":") {
		if wish != "" {
			wanted = append(wanted, bare(wish))
		}
	}
	return Match(append(wanted, locale)...)
}

// bare cuts "de_DE.UTF-8@euro" down to "de_DE".
func bare(locale string) string {
	if i := strings.IndexAny(locale, ".@"); i >= 0 {
		locale = locale[:i]
	}
	return locale
}
