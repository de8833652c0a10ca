package ingest

import (
	"bytes"
	"context"
	"io"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
	"shuixuan/ingest/xlsform"
)

// ReadXLSForm reads a kept workbook as a questionnaire. What is wrong in it is in the form.
func ReadXLSForm(ctx context.Context, f File) (xlsform.Form, error) {
	return readForm(ctx, f.Name, f, f.Size)
}

func readForm(ctx context.Context, name string, r io.ReaderAt, size int64) (xlsform.Form, error) {
	book, err := sheet.Open(ctx, r, size, name, sheet.DefaultLimits())
	if err != nil {
		return xlsform.Form{}, fileProblem(err)
	}
	defer book.Close()
	form, err := xlsform.Open(ctx, book, name)
	return form, fileProblem(err)
}

// readQuestionnaire reads a file of a questionnaire: YAML, with its waves, or an XLSForm.
func readQuestionnaire(ctx context.Context, name string, body []byte) (survey.Questionnaire, []survey.Wave, error) {
	if !bytes.HasPrefix(body, []byte("PK\x03\x04")) {
		return survey.Parse(body)
	}
	form, err := readForm(ctx, name, bytes.NewReader(body), int64(len(body)))
	if err == nil {
		err = form.Err()
	}
	return form.Questionnaire, nil, err
}
