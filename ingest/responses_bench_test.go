package ingest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// BenchmarkReadResponses reads 20,000 sheets of the reference questionnaire, which is
// what a city of a million hands out at one in fifty.
func BenchmarkReadResponses(b *testing.B) {
	const rows = 20_000
	q, wave := questionnaire(b, "../seeds/feicheng/questionnaire.yaml")
	var body bytes.Buffer
	for i, question := range q.Questions {
		if i > 0 {
			body.WriteByte(',')
		}
		body.WriteString(question.Label)
	}
	for n := range rows {
		body.WriteByte('\n')
		for i, question := range q.Questions {
			if i > 0 {
				body.WriteByte(',')
			}
			switch {
			case question.Type == survey.Text:
				fmt.Fprintf(&body, "第%d条建议", n)
			case question.Name == "took_part":
				body.WriteString("参加过")
			case question.Type == survey.Multiple:
				fmt.Fprintf(&body, "%s;%s", question.Options[n%3].Label, question.Options[3+n%2].Label)
			default:
				body.WriteString(question.Options[n%len(question.Options)].Label)
			}
		}
	}
	p := plan()
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		book, err := sheet.Open(context.Background(), bytes.NewReader(body.Bytes()), int64(body.Len()), "a.csv", sheet.DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		read, err := readResponses(context.Background(), book, "", p, wave, q)
		if err != nil || len(read.Good) != rows {
			b.Fatalf("%d rows, %v, %v", len(read.Good), read.Rejected[:min(3, len(read.Rejected))], err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
