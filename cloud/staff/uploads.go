package staff

import (
	"net/http"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/web"
)

// notScanned answers for what no scanner has found clean (P13). The code is the
// state; what was found or why nobody could look stands on the record.
func notScanned(w http.ResponseWriter, e *data.UploadError) {
	message := "It is being looked through for malware; it can be read when nothing was found."
	switch e.State {
	case data.UploadRefused:
		message = "The malware scanner refused it. Nobody can open it."
	case data.UploadUnavailable:
		message = "The malware scanner does not answer, or its signatures are too old. It can be read when they are not."
	}
	web.Fail(w, http.StatusConflict, "upload-"+string(e.State), message)
}
