package healthz

import (
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxFile bounds what is read of a file of /proc or cgroupfs, in bytes.
const maxFile = 4 << 20

// quotaFiles returns the files that count the throttling of this process: one for
// its cgroup and one for each above it, up to what is mounted here. It is empty when
// there is no cgroup with a CPU controller.
func quotaFiles() []string {
	groups, err := readFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	mounts, err := readFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	return counting(statFiles(groups, mounts))
}

// counting returns those of the files that count throttling.
func counting(files []string) (list []string) {
	for _, f := range files {
		// The root cgroup has no quota, and in version 2 neither have those without
		// the controller.
		if q := readQuota(f); q.err == nil {
			list = append(list, f)
		}
	}
	return list
}

func readFile(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	return string(data), err
}

// statFiles finds the cpu.stat files that can exist. groups is /proc/self/cgroup,
// lines "HIERARCHY:CONTROLLERS:PATH" (cgroups(7)). mounts is /proc/self/mountinfo,
// lines "ID PARENT DEVICE ROOT POINT OPTIONS [FIELDS] - TYPE SOURCE SUPER" (proc(5)).
func statFiles(groups, mounts string) []string {
	v1, v2 := "", ""
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(fields) < 3:
		case slices.Contains(strings.Split(fields[1], ","), "cpu"):
			v1 = fields[2]
		case fields[0] == "0" && fields[1] == "":
			v2 = fields[2]
		}
	}
	var list []string
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		mount, kind := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(kind) < 3 {
			continue
		}
		group := ""
		switch {
		case kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), "cpu"):
			group = v1
		case kind[0] == "cgroup2":
			group = v2
		}
		for _, f := range chain(group, unescape(mount[3]), unescape(mount[4])) {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// chain returns the files of a cgroup and those above it, where a mount shows the
// cgroup root at point. A cgroup outside of the mount, as seen from a container
// without a cgroup namespace, is the mount's root.
func chain(group, root, point string) (list []string) {
	if group == "" || !path.IsAbs(group) {
		return nil
	}
	rel := "/"
	if root == "/" {
		rel = path.Clean(group)
	} else if rest, ok := strings.CutPrefix(path.Clean(group), root); ok && (rest == "" || rest[0] == '/') {
		rel = path.Clean("/" + rest)
	}
	for ; ; rel = path.Dir(rel) {
		list = append(list, path.Join(point, rel, "cpu.stat"))
		if rel == "/" {
			return list
		}
	}
}

// unescape undoes the octal escapes of mountinfo (Linux, fs/proc_namespace.c, mangle).
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// readQuota reads cpu.stat, whose lines are "NAME NUMBER".
func readQuota(name string) (q quota) {
	text, err := readFile(name)
	if err != nil {
		return quota{err: err}
	}
	q, ok := parseQuota(text)
	if !ok {
		q.err = errors.New(name + " does not count throttling")
	}
	return q
}

func parseQuota(text string) (q quota, ok bool) {
	var periods, throttled bool
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "nr_periods":
			q.periods, periods = float64(n), true
		case "nr_throttled":
			q.throttled, throttled = float64(n), true
		}
	}
	return q, periods && throttled
}
