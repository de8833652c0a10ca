package main

import (
	"strings"
	"testing"

	"shuixuan/ingest"
)

// A row that did not go in is told with its column, whichever way the intake names it: answers have
// the heading as their field.
func TestAReceiptNamesTheColumn(t *testing.T) {
	var said strings.Builder
	printReceipt(&session{stderr: &said}, &ingest.Receipt{File: "答卷.csv", Rows: 3, Rejected: []ingest.Rejection{
		{Row: 2, Field: "您的年龄？", Why: "“八十”不在选项里"},
		{Row: 3, Field: "quantity", Heading: "数量", Why: "“很多”不是数字"},
		{Row: 4, Why: "与第2行内容相同"},
	}})
	for _, want := range []string{"  第2行 您的年龄？：“八十”不在选项里\n", "  第3行 数量：“很多”不是数字\n", "  第4行：与第2行内容相同\n"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not in\n%s", want, said.String())
		}
	}
}
