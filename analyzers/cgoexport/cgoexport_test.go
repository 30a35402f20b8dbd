package cgoexport_test

import (
	"testing"

	"github.com/hotvet/hotvet/analyzers/cgoexport"
	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

func Test(t *testing.T) {
	corpus.Run(t, cgoexport.Analyzer)
}
