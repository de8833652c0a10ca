package ingest

import "shuixuan/app/survey"

func responseFingerprint(r survey.Response) string { panic("merge survey") }
