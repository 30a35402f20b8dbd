package confirm

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/process"
)

// maxFailures is after how many failed requests in a row an address is taken for
// one that does not speak HTTP.
const maxFailures = 3

// A target is what one request is sent to.
type target struct {
	address process.Address
	request Request
}

// targets returns what the requests of a scenario are sent to: a whole URL to its
// host, a path to every address.
func targets(requests []Request, addresses []process.Address) (list []target) {
	for _, r := range requests {
		if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
			list = append(list, target{process.Address{Network: "tcp", Addr: u.Host, Local: true}, r})
			continue
		}
		for _, a := range addresses {
			list = append(list, target{a, r})
		}
	}
	return list
}

// load sends n requests to each target, as many at a time as they say, and counts
// the answers. With n 0 it goes on until ctx ends.
func load(ctx context.Context, list []target, n int) Load {
	var mu sync.Mutex
	var sum Load
	var senders sync.WaitGroup
	for _, t := range list {
		for i := range max(1, t.request.Concurrency) {
			share := n / max(1, t.request.Concurrency)
			if i < n%max(1, t.request.Concurrency) {
				share++
			}
			if n > 0 && share == 0 {
				continue
			}
			senders.Go(func() {
				got := t.send(ctx, share)
				mu.Lock()
				sum = sum.plus(got)
				mu.Unlock()
			})
		}
	}
	senders.Wait()
	return sum
}

// send sends n requests one after the other; 0: until ctx ends.
func (t target) send(ctx context.Context, n int) (sum Load) {
	client := newClient(t.address, 5*time.Second)
	defer client.CloseIdleConnections()
	failures := 0
	for i := 0; (n == 0 || i < n) && ctx.Err() == nil; i++ {
		ok := t.get(ctx, client)
		if ctx.Err() != nil {
			break // cut by the end of the load, which says nothing
		}
		sum.Sent++
		if ok {
			sum.Answered++
			failures = 0
			continue
		}
		if failures++; failures >= maxFailures && n > 0 {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	return sum
}

// newClient returns a client whose every request goes to a: no proxy, and no
// redirect that could lead to another machine.
func newClient(a process.Address, limit time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: time.Second}
	return &http.Client{
		Timeout: limit,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, a.Network, a.Addr)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get reports whether the target answers, with any status.
func (t target) get(ctx context.Context, client *http.Client) bool {
	resp, err := t.do(ctx, client)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return err == nil
}

func (t target) do(ctx context.Context, client *http.Client) (*http.Response, error) {
	full := t.request.URL
	if strings.HasPrefix(full, "/") {
		full = "http://localhost" + full
	}
	method := t.request.Method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, full, strings.NewReader(t.request.Body))
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}

// profileSeconds is how long a profile takes that is asked for around a restart.
const profileSeconds = "2"

// askProfile asks an address for a CPU profile.
func askProfile(ctx context.Context, a process.Address) (p ProfileRequest) {
	p.Address = a.String()
	t := target{a, Request{URL: "/debug/pprof/profile?seconds=" + profileSeconds}}
	resp, err := t.do(ctx, newClient(a, 20*time.Second))
	if err != nil {
		p.Problem = err.Error()
		return p
	}
	defer resp.Body.Close()
	p.Status = resp.StatusCode
	if p.Status != http.StatusOK {
		p.Problem = resp.Status
		return p
	}
	if _, err := profile.Parse(io.LimitReader(resp.Body, maxProfile)); err != nil {
		p.Problem = err.Error()
	}
	return p
}
