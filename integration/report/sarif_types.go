package report

import (
	"encoding/json"

	"honnef.co/go/tools/sarif"
)

// The types below add to those of honnef.co/go/tools/sarif what it leaves out.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Schema  string     `json:"$schema"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarif.Tool        `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		// Present without findings too: an absent list would say that the
		// analysis did not run.
		Results []sarifResult `json:"results"`
	}
	sarifInvocation struct {
		sarif.Invocation
		ToolExecutionNotifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string        `json:"level"`
		Message sarif.Message `json:"message"`
	}
	sarifResult struct {
		sarif.Result
		RuleIndex           int               `json:"ruleIndex"`
		Locations           []sarifLocation   `json:"locations,omitempty"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		Fixes               []sarifFix        `json:"fixes,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
		Properties          map[string]any    `json:"properties,omitempty"`
	}
	// What the lists "verdicts" and "evidence" among the properties hold. The
	// property "verdict" is the one that counts.
	sarifVerdict struct {
		Result string `json:"result"`
		Reason string `json:"reason"`
	}
	sarifEvidence struct {
		Kind string          `json:"kind"`
		Text string          `json:"text"`
		Data json.RawMessage `json:"data,omitempty"`
	}
	// sarifFix replaces byte ranges: the region of the library has lines only.
	sarifFix struct {
		Description     sarif.Message         `json:"description"`
		ArtifactChanges []sarifArtifactChange `json:"artifactChanges"`
	}
	sarifArtifactChange struct {
		ArtifactLocation sarif.ArtifactLocation `json:"artifactLocation"`
		Replacements     []sarifReplacement     `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifByteRegion       `json:"deletedRegion"`
		InsertedContent sarif.ArtifactContent `json:"insertedContent"`
	}
	sarifByteRegion struct {
		ByteOffset int `json:"byteOffset"`
		ByteLength int `json:"byteLength"`
	}
	sarifLocation struct {
		ID               int                   `json:"id,omitempty"`
		Message          *sarif.Message        `json:"message,omitempty"`
		PhysicalLocation sarifPhysicalLocation `json:"physicalLocation"`
	}
	sarifPhysicalLocation struct {
		ArtifactLocation sarif.ArtifactLocation `json:"artifactLocation"`
		Region           sarif.Region           `json:"region"`
	}
)
