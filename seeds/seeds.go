// Package seeds is what an installation starts with: the plans with their units,
// questionnaires and waves as files, and a demonstration made from a fixed seed.
//
// Nothing here reaches a table by itself. The files and the demonstration's ledgers
// and answer sheets are handed to ingest like anybody's upload, so that each start
// proves the intake on them.
//
// # Why
//
// A plan is data. A second plan in the same form (governance) stands beside the
// first so that no code can come to assume one campaign, water, or five groups.
package seeds

import "embed"

// FS holds a folder for each shipped campaign: units.yaml, plan.yaml and
// questionnaire.yaml (with its waves), to be loaded in this order.
//
//go:embed feicheng governance
var FS embed.FS

// Campaigns are the shipped campaigns in the order in which they are loaded.
func Campaigns() []string { return []string{"feicheng", "governance"} }
