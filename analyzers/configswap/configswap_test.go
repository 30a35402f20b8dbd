package configswap_test

import (
	"testing"

	"github.com/hotvet/hotvet/analyzers/configswap"
	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

func Test(t *testing.T) { corpus.Run(t, configswap.Analyzer) }
