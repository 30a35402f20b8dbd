package confirm

import "net/netip"

// isLoopback reports whether a host is this machine and nothing else can reach it.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
