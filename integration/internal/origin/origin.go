// Package origin reads the URLs that a user names, and tells whether two of them are
// of one server: redirects to another are not followed.
package origin

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Parse reads a URL of http or https. Its errors do not hold what stands before an @,
// which may be a password.
func Parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	var reason *url.Error
	switch {
	case errors.As(err, &reason):
		return nil, fmt.Errorf("not a URL: %w", reason.Err)
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("not a URL of http or https: %q", raw[strings.LastIndexByte(raw, '@')+1:])
	}
	return u, nil
}

// Of spells scheme, host and port of a URL in one way (RFC 6454, section 4).
func Of(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
