package confirm

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hotvet/hotvet/integration/process"
)

// maxFailures is after how many failed requests in a row an address is taken for
// one that does not speak HTTP.
const maxFailures = 3

// load sends n GET requests for path to each of the addresses, one after the
// other, and counts the answers.
func load(ctx context.Context, addresses []process.Address, path string, n int) Load {
	var sum Load
	for _, a := range addresses {
		client := newClient(a)
		failures := 0
		for i := 0; i < n && failures < maxFailures && ctx.Err() == nil; i++ {
			sum.Sent++
			if get(ctx, client, path) {
				sum.Answered++
				failures = 0
			} else {
				failures++
			}
		}
		client.CloseIdleConnections()
	}
	return sum
}

// newClient returns a client whose every request goes to a: no proxy, and no
// redirect that could lead to another machine.
func newClient(a process.Address) *http.Client {
	dialer := &net.Dialer{Timeout: time.Second}
	return &http.Client{
		Timeout: 2 * time.Second,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, a.Network, a.Addr)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get reports whether path is answered, with any status.
func get(ctx context.Context, client *http.Client, path string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return err == nil
}
