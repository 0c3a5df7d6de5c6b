package text

import "testing"

func TestSystemLanguage(t *testing.T) {
	for _, row := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, "en"},
		{map[string]string{"LANG": "C"}, "en"},
		{map[string]string{"LANG": "C.UTF-8", "LANGUAGE": "de"}, "en"},
		{map[string]string{"LANG": "de_DE.UTF-8"}, "de"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LC_ALL": "de_AT@euro"}, "de"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LC_MESSAGES": "de_AT"}, "de"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LANGUAGE": "de:en"}, "de"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LANGUAGE": "pl:ja_JP:de"}, "ja"},
		{map[string]string{"LANG": "de_DE.UTF-8", "LANGUAGE": "pl:"}, "de"},
		{map[string]string{"LANG": "zh_CN.GB18030"}, "zh-Hans"},
		{map[string]string{"LANG": "zh_TW.UTF-8", "LANGUAGE": "zh_TW:ja"}, "ja"},
		{map[string]string{"LANG": "tlh_KX"}, "en"},
	} {
		if got := fromEnvironment(func(name string) string { return row.env[name] }); got != row.want {
			t.Errorf("%v: %q, want %q", row.env, got, row.want)
		}
	}
}
