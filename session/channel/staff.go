package channel

import (
	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// EndedByStaff tells whether a stream ended because the vendor's staff ended
// the session. The relay says so, which can only take away: whoever could forge
// it could cut the line as well.
func EndedByStaff(err error) bool { return websocket.CloseStatus(err) == cloudapi.CloseByStaff }
