package keys

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Credential is the name under which systemd hands the wrapping key to the
// service: 32 random bytes, encrypted by "systemd-creds encrypt" to the TPM or
// the host's key, decrypted for the service alone while it runs.
const Credential = "beckmanconnect-master"

// credentialPath is where systemd puts it, "" outside a unit with credentials.
func credentialPath() string {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, Credential)
}

// checkCredential is checkPrivate for a file that systemd made: it is root's or
// the service's, and where the file system has access lists the service's right
// to read shows as the group's.
func checkCredential(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%w: %s belongs to another user than systemd's or the service's", ErrRights, path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is no plain file", ErrRights, path)
	case info.Mode().Perm()&0o027 != 0:
		return fmt.Errorf("%w: %s is open to others (mode %04o); let systemd make it: LoadCredentialEncrypted=%s", ErrRights, path, info.Mode().Perm(), Credential)
	}
	return nil
}
