package files

import (
	"os"
	"path/filepath"
	"strings"
)

// downloads is where this log-on's desktop puts what comes from outside
// (xdg-user-dirs).
func downloads() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	if text, err := os.ReadFile(filepath.Join(config, "user-dirs.dirs")); err == nil {
		if dir := userDir(string(text), home); dir != "" {
			return dir
		}
	}
	return filepath.Join(home, "Downloads")
}

// userDir reads XDG_DOWNLOAD_DIR="$HOME/…" or an absolute path.
func userDir(text, home string) string {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "XDG_DOWNLOAD_DIR=")
		if !ok {
			continue
		}
		value = strings.Trim(value, `"`)
		if rest, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = filepath.Join(home, rest)
		}
		if filepath.IsAbs(value) {
			return filepath.Clean(value)
		}
	}
	return ""
}
