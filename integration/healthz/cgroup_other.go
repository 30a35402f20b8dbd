//go:build !linux

package healthz

import "errors"

func quotaFiles() []string { return nil }

func readQuota(string) quota { return quota{err: errors.ErrUnsupported} }
