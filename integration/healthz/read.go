package healthz

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxAnswer bounds the answer of a health URL, in bytes. It takes some 2 kB.
const maxAnswer = 1 << 20

// Read reads what the handler of another process answered. Fields that it does not
// know are ignored: a service may have a later version. What is beyond the limits
// of a score, without a time or a pid, is an error.
func Read(r io.Reader) (Health, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	switch {
	case err != nil:
		return Health{}, err
	case len(data) > maxAnswer:
		return Health{}, fmt.Errorf("not a health answer: more than %d bytes", maxAnswer)
	}
	h := Health{Score: -1}
	if err := json.Unmarshal(data, &h); err != nil {
		return Health{}, fmt.Errorf("not a health answer: %w", err)
	}
	return h, h.valid()
}

func (h *Health) valid() error {
	switch {
	case h.Score < 0 || h.Score > 100:
		return errors.New("not a health answer: it has no score from 0 to 100")
	case h.Time.IsZero() || h.Start.IsZero():
		return errors.New("not a health answer: it does not say when it was made, and when the process began")
	case h.PID <= 0 || h.PID > math.MaxInt32:
		return errors.New("not a health answer: it has no pid")
	}
	for _, p := range h.Parts {
		if p.Score != nil && (*p.Score < 0 || *p.Score > 100) {
			return fmt.Errorf("not a health answer: part %q has no score from 0 to 100", p.Name)
		}
	}
	return nil
}
