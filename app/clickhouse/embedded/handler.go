package embedded

import (
	"errors"
	"io"
	"net/http"
)

// Handler speaks the same interface on a port, for tests that want a wire
// between the driver and the engine.
func (e *Engine) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		res, err := e.RoundTripper().RoundTrip(r)
		if err != nil {
			status := http.StatusBadGateway
			if errors.Is(err, ErrClosed) {
				status = http.StatusServiceUnavailable
			}
			http.Error(w, err.Error(), status)
			return
		}
		defer res.Body.Close()
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.StatusCode)
		// A client that has left is no error of ours; its context ends the
		// statement.
		_, _ = io.Copy(w, res.Body)
	})
}
