package winservice

import "context"

// listen: here signals mean what they say.
func listen(ctx context.Context) context.Context { return ctx }
