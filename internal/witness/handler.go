package witness

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"beckmanconnect/internal/cloudapi"
)

// Handler serves add-checkpoint of c2sp.org/tlog-witness for the logs that the
// folder knows. It answers nothing else.
func (f *Folder) Handler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+PathAdd, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err != nil {
			http.Error(w, "the request cannot be read", http.StatusBadRequest)
			return
		}
		request, err := ParseBody(body)
		if err != nil {
			http.Error(w, "this is no add-checkpoint request", http.StatusBadRequest)
			return
		}
		answer, err := f.Add(r.Context(), request)
		switch {
		case errors.Is(err, ErrMalformed):
			http.Error(w, "this is no checkpoint", http.StatusBadRequest)
		case err != nil:
			log.Error("a checkpoint could not be cosigned", "error", err)
			http.Error(w, "the witness cannot keep what it cosigns", http.StatusInternalServerError)
		default:
			f.answer(w, log, answer)
		}
	})
	return mux
}

func (f *Folder) answer(w http.ResponseWriter, log *slog.Logger, a Answer) {
	switch status := a.Status(); {
	case a.Code == "":
		line, err := a.SignatureLine(f.signer)
		if err != nil {
			log.Error("a cosignature is missing", "log", a.Origin, "error", err)
			http.Error(w, "the witness failed", http.StatusInternalServerError)
			return
		}
		log.Info("cosigned", "log", a.Origin, "entries", a.Seen.Size)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(line)
	case status == http.StatusConflict:
		if a.Code != cloudapi.WitnessOld {
			log.Error("a log contradicts what was cosigned", "log", a.Origin, "code", a.Code, "entries", a.Seen.Size)
		}
		w.Header().Set("Content-Type", TypeSize)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%d\n", a.Seen.Size)
	default:
		log.Warn("not cosigned", "log", fmt.Sprintf("%.100q", a.Origin), "code", a.Code)
		http.Error(w, a.Why, status)
	}
}
