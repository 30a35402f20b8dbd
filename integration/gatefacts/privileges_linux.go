package gatefacts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/gate"
)

// privileges lists what a file gives to the process that executes it.
func privileges(path string, info os.FileInfo) gate.Fact[[]string] {
	list := []string{}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		if info.Mode()&os.ModeSetuid != 0 {
			list = append(list, fmt.Sprintf("setuid %d", stat.Uid))
		}
		// Without the permission of the group the bit is that of mandatory locks.
		if info.Mode()&os.ModeSetgid != 0 && info.Mode()&0o010 != 0 {
			list = append(list, fmt.Sprintf("setgid %d", stat.Gid))
		}
	}
	data := make([]byte, 64)
	n, err := unix.Getxattr(path, "security.capability", data)
	switch {
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOTSUP):
		return gate.Known(list)
	case err != nil:
		return gate.Missing[[]string](fmt.Sprintf("cannot read the capabilities of %s: %v", path, err))
	}
	caps, err := capabilities(data[:n])
	if err != nil {
		return gate.Missing[[]string](fmt.Sprintf("the capabilities of %s: %v", path, err))
	}
	return gate.Known(append(list, caps...))
}

// capabilityNames are in the order of their numbers (linux/capability.h).
var capabilityNames = strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap
	linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio
	sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease
	audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon
	bpf checkpoint_restore`)

// capabilities reads struct vfs_cap_data or vfs_ns_cap_data (linux/capability.h), and
// spells them as getcap(8) does: e, i and p for effective, inheritable and permitted.
func capabilities(data []byte) (list []string, err error) {
	const revision2, revision3, effective = 2, 3, 1
	order := binary.LittleEndian
	if len(data) < 20 || data[3] != revision2 && data[3] != revision3 {
		return nil, fmt.Errorf("of a form that is not known, % x", data)
	}
	permitted := uint64(order.Uint32(data[4:])) | uint64(order.Uint32(data[12:]))<<32
	inheritable := uint64(order.Uint32(data[8:])) | uint64(order.Uint32(data[16:]))<<32
	for bit := range 64 {
		flags := ""
		p, i := permitted>>bit&1 != 0, inheritable>>bit&1 != 0
		if data[0]&effective != 0 && (p || i) {
			flags += "e"
		}
		if i {
			flags += "i"
		}
		if p {
			flags += "p"
		}
		if flags == "" {
			continue
		}
		name := fmt.Sprint(bit)
		if bit < len(capabilityNames) {
			name = capabilityNames[bit]
		}
		list = append(list, "cap_"+name+"="+flags)
	}
	return list, nil
}
