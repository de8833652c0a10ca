package workbook

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"shuixuan/app/survey"
	reading "shuixuan/ingest/sheet"
	"shuixuan/ingest/xlsform"
	"shuixuan/seeds"
)

// The shipped questionnaires go through a workbook as bytes and come back the same; what
// begins like a formula stays text.
func TestXLSForm(t *testing.T) {
	for _, name := range []string{"feicheng/questionnaire.yaml", "governance/questionnaire.yaml"} {
		body, err := seeds.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		q, _, err := survey.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		q.Questions[0].Hint = "=HYPERLINK(\"http://x\")"
		q.Questions[1].Label += "\n@第二行 001"
		var out bytes.Buffer
		if err := XLSForm(&out, q); err != nil {
			t.Fatal(err)
		}
		keep("xlsform-"+string(q.ID), out.Bytes())
		book, err := reading.Open(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), "form.xlsx", reading.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		form, err := xlsform.Open(context.Background(), book, "form.xlsx")
		if err != nil || len(form.Faults)+len(form.Notes) > 0 {
			t.Fatalf("%v %+v %+v", err, form.Faults, form.Notes)
		}
		got, _ := json.MarshalIndent(form.Questionnaire, "", " ")
		want, _ := json.MarshalIndent(q, "", " ")
		if !bytes.Equal(got, want) {
			t.Errorf("%s came back as %s", name, got)
		}
	}
}
