package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/healthz"
	"github.com/hotvet/hotvet/integration/internal/origin"
	"github.com/hotvet/hotvet/integration/profile"
)

// A kind is one of the profiles that are taken.
type kind struct{ name, path string }

// kinds are in the order in which they are taken.
var kinds = []kind{{"cpu", "profile"}, {"heap", "heap"}, {"goroutine", "goroutine"}}

// Limits of what is asked.
const (
	maxCPU       = 5 * time.Minute
	patience     = 20 * time.Second // for a profile, beyond the length of a CPU profile
	shortly      = 5 * time.Second  // for what takes no work
	maxProfile   = 64 << 20         // bytes
	maxSmall     = 1 << 20          // bytes of anything else
	maxRedirects = 5
	tries        = 8 // for a CPU profile, while others take one
)

var (
	errBusy   = errors.New("another CPU profile is being taken")
	errAbsent = errors.New("there is no such URL")
	errSilent = errors.New("no answer from the service")
	errMoved  = errors.New("redirect to another host, port or scheme refused")
)

// A source is the /debug/pprof/ of a service.
type source struct {
	base   *url.URL // ends in a slash
	client *http.Client
	brief  time.Duration // for what takes no work
}

func newSource(raw string) (*source, error) {
	u, err := origin.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w; it looks like http://localhost:6060/debug/pprof", err)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%s: a URL of profiles has no query and no fragment", u.Redacted())
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/", ""
	if u.Path == "/" {
		u.Path = "/debug/pprof/"
	}
	s := &source{base: u, brief: shortly}
	s.client = &http.Client{
		CheckRedirect: s.checkRedirect,
		Transport: &http.Transport{ // without a proxy: it is another host
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			MaxResponseHeaderBytes: 64 << 10,
			MaxConnsPerHost:        1,
		},
	}
	return s, nil
}

func (s *source) close() { s.client.CloseIdleConnections() }

func (s *source) checkRedirect(r *http.Request, via []*http.Request) error {
	switch {
	case origin.Of(r.URL) != origin.Of(s.base):
		return fmt.Errorf("%w: %s", errMoved, r.URL.Redacted())
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return nil
}

// get returns the body of an answer with status 200.
func (s *source) get(ctx context.Context, path, query string, limit int64, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no whole answer within %v", timeout))
	defer cancel()
	u := *s.base
	u.Path, u.RawQuery = u.Path+path, query
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil && context.Cause(ctx) != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("the answer ends early: %w", err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("the answer has more than %d bytes", limit)
	}
	return data, nil
}

// unanswered says why there is no answer: a time limit, a redirect that is not
// followed, or a request that failed by itself.
func unanswered(ctx context.Context, err error) error {
	var request *url.Error
	switch {
	case context.Cause(ctx) != nil:
		return fmt.Errorf("%w: %w", errSilent, context.Cause(ctx))
	case errors.Is(err, errMoved) && errors.As(err, &request):
		return request.Err // which names the URL
	}
	return fmt.Errorf("%w: %w", errSilent, err)
}

// refusal says what the server said. The words are those of net/http/pprof (Profile)
// and runtime/pprof (StartCPUProfile).
func refusal(resp *http.Response) error {
	said, err := io.ReadAll(io.LimitReader(resp.Body, 200))
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return errAbsent
	case err != nil || len(said) == 0:
		return fmt.Errorf("the server answers %d", resp.StatusCode)
	case resp.StatusCode == http.StatusInternalServerError && bytes.Contains(said, []byte("profiling already in use")):
		return errBusy
	}
	return fmt.Errorf("the server answers %d: %q", resp.StatusCode, strings.TrimSpace(string(said)))
}

// profile takes a profile. A CPU profile is asked for again when somebody else takes
// one, after half its own length on average.
func (s *source) profile(ctx context.Context, k kind, cpu time.Duration, note func(string)) (*pprof.Profile, []byte, error) {
	query, timeout := "", patience
	if k.name == "cpu" {
		query, timeout = fmt.Sprintf("seconds=%d", int(cpu.Seconds())), patience+cpu
	}
	for try := 1; ; try++ {
		data, err := s.get(ctx, k.path, query, maxProfile, timeout)
		if errors.Is(err, errBusy) && try < tries {
			// Two watchers that ask at the same time must not do so again.
			if !pause(ctx, cpu/4+rand.N(cpu/2)) {
				return nil, nil, ctx.Err()
			}
			continue
		}
		if try > 1 {
			note(fmt.Sprintf("%s: another CPU profile was being taken, asked %d times", k.name, try))
		}
		switch {
		case errors.Is(err, errAbsent):
			return nil, nil, fmt.Errorf("%w: %s%s", err, s.base.Redacted(), k.path)
		case err != nil:
			return nil, nil, err
		}
		p, err := readAnswer(k, data)
		return p, data, err
	}
}

// readAnswer reads a profile of a kind. Its errors are about an answer, not a file.
func readAnswer(k kind, data []byte) (*pprof.Profile, error) {
	p, err := profile.Read(bytes.NewReader(data))
	switch {
	case errors.Is(err, profile.ErrEmpty):
		return nil, errors.New("the answer is empty")
	case errors.Is(err, profile.ErrTruncated):
		return nil, errors.New("the answer is a profile that is cut short")
	case errors.Is(err, profile.ErrFormat) && data[0] != 0x1f: // gzip
		return nil, fmt.Errorf("the answer is not a profile; it begins with %q", data[:min(len(data), 40)])
	case err != nil:
		return nil, err
	case profile.Describe(p).CPU != (k.name == "cpu"):
		return nil, errors.New("the server sent a profile of another kind")
	}
	return p, nil
}

// health returns what the health URL says, errAbsent where there is none.
func (s *source) health(ctx context.Context) (healthz.Health, []byte, error) {
	data, err := s.get(ctx, "healthz", "", maxSmall, s.brief)
	if err != nil {
		return healthz.Health{}, nil, err
	}
	h, err := healthz.Read(bytes.NewReader(data))
	return h, data, err
}

// cmdline returns the command line of the process, whose arguments net/http/pprof
// parts by zero bytes.
func (s *source) cmdline(ctx context.Context) (string, error) {
	data, err := s.get(ctx, "cmdline", "", maxSmall, s.brief)
	return string(data), err
}
