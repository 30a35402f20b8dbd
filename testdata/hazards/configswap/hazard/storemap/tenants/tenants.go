// Package tenants keeps what is known of the tenants.
package tenants

import (
	"encoding/json"
	"os"
	"strconv"

	"hazards.test/configswap/internal/probe"
)

var values = make(map[string]string)

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
	values["name"] = next.Name
	values["limit"] = strconv.Itoa(next.Limit)
	return nil
}

// Find returns a value, or nothing.
func Find(key string) string { return values[key] }
