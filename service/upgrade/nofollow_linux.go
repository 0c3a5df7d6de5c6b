package upgrade

import "syscall"

// noFollow opens no link in a file's place.
const noFollow = syscall.O_NOFOLLOW
