package upgrade

import "fmt"

// expansion is how much larger the programs are than their archive, at most,
// the archive itself included.
const expansion = 5

func need(free, size int64) error {
	if wanted := size * expansion; free < wanted {
		return fmt.Errorf("%w: %d MB are free, %d MB are needed", errSpace, free>>20, wanted>>20)
	}
	return nil
}
