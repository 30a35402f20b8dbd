// Package names lists the analyzers, for those who must know the names and may
// not import the analyzers. A test of the suite keeps it complete.
package names

// All returns the names of the analyzers, sorted. The slice is the caller's.
func All() []string {
	return []string{
		"cgoexport",
		"configswap",
		"hotvetignore",
		"profilestop",
		"structcast",
	}
}
