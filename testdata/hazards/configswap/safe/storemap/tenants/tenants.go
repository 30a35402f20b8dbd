// Package tenants keeps what is known of the tenants.
package tenants

import (
	"encoding/json"
	"maps"
	"os"
	"strconv"
	"sync"

	"hazards.test/configswap/internal/probe"
)

var (
	mu     sync.RWMutex
	values = make(map[string]string)
)

// Read adds the values of a file.
func Read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var next probe.Config
	if err := json.Unmarshal(data, &next); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	values["name"] = next.Name
	values["limit"] = strconv.Itoa(next.Limit)
	return nil
}

// All returns a copy of the values.
func All() map[string]string { // safe: configswap/map related
	mu.RLock()
	defer mu.RUnlock()
	return maps.Clone(values)
}
