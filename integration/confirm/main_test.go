package confirm

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/hotvet/hotvet/integration/process"
)

func TestMain(m *testing.M) {
	process.GuardMain()
	goleak.VerifyTestMain(m)
}
