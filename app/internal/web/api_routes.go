package web

import (
	_ "embed"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/ingest"
)

// openAPI describes the API (OpenAPI 3.1). It is made from apiRoutes by a test, which
// fails when it is not what the routes say; `go test ./app/internal/web -update` writes
// it again.
//
//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(c *fiber.Ctx, _ *visit) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(openAPI)
}

// Parameters that several routes take.
var (
	afterParam = apiParam{name: "after", about: "Cursor: the value of next in the answer before."}
	limitParam = apiParam{name: "limit", about: "Things in one answer, 1 to 1000; 100 when left out."}
)

// apiRoutes is the table of the API, in the order of the campaign's life.
func (s *Server) apiRoutes() []apiRoute {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, apiPrefix + "/campaigns/:campaign"
	const wave = c + "/waves/:wave"
	table := []apiRoute{
		{route: route{get, apiPrefix + "/campaigns", auth.CampaignRead, s.apiCampaigns}, summary: "The campaigns that the caller may see", answer: items[campaignJSON]{}},
		{route: route{get, c, auth.CampaignRead, s.apiCampaign}, summary: "One campaign", answer: campaignJSON{}},
		{route: route{get, c + "/tasks", auth.TaskRead, s.apiTasks}, summary: "Obligations with units, targets, windows, and what the plan leaves open; a unit sees its own", answer: items[taskJSON]{}},
		{route: route{get, c + "/coverage", auth.CoverageRead, s.apiCoverage}, summary: "Expected, covered (proven), present, logged, standing and proven, as of today", answer: coverageJSON{},
			query: []apiParam{{"by", "Heading of the lines; task when left out.", []string{"task", "unit", "carrier", "week"}}}},
		{route: route{get, c + "/placements", auth.PlacementRead, s.apiPlacements}, summary: "Placements with the state of their proof, newest first; a unit sees its own", answer: items[placementJSON]{},
			query: []apiParam{{"unit", "Id of the unit.", nil}, {"task", "Code of the task.", nil}, {"state", "State of the placement.", []string{"submitted", "returned", "accepted", "taken-down", "withdrawn"}}, afterParam, limitParam}},
		{route: route{post, c + "/placements", auth.PlacementLog, s.apiPlacementLog}, summary: "Log a placement; the same id and content again answers 200 with what was kept the first time, another content 409",
			body: placementBody{}, status: fiber.StatusCreated, answer: placementJSON{}},
		{route: route{get, c + "/placements/:id", auth.PlacementRead, s.apiPlacement}, summary: "One placement", answer: placementJSON{}},
		{route: route{post, c + "/placements/:id/reviews", auth.PlacementReview, s.apiReview}, summary: "Accept or return a placement; the same verdict on the same revision again answers 200, one on a revision that has changed since 409",
			body: reviewBody{}, status: fiber.StatusCreated, answer: reviewJSON{}},
		{route: route{get, c + "/placements/:id/photos", auth.PhotoRead, s.apiPhotos}, summary: "Photos of a placement, the oldest first, with grade and reasons", answer: items[photoJSON]{}},
		{route: route{post, c + "/placements/:id/photos", auth.PhotoAdd, s.apiPhotoAdd}, summary: "Add a photo (JPEG, PNG, WebP, HEIC; 20 MB) as the field file, its id in the field id before it; the same id and content again, or the same file for the same placement, answers 200, another content 409",
			upload: true, status: fiber.StatusCreated, answer: photoJSON{}},
		{route: route{post, c + "/imports", auth.CampaignRead, s.apiImport}, summary: "Take a workbook or CSV of placements or responses", upload: true, answer: ingest.Receipt{},
			query: []apiParam{{"kind", "What the rows are.", []string{"placements", "responses"}}, {"wave", "Id of the wave, for responses.", nil},
				{"dry_run", "true: check everything and write nothing.", []string{"true", "false"}}, {"sheet", "Name of the sheet, when several could be meant.", nil}}},
		{route: route{get, c + "/imports/:id", auth.ReceiptRead, s.apiReceipt}, summary: "The receipt again", answer: ingest.Receipt{}},
		{route: route{get, c + "/waves", auth.ProgressRead, s.apiWaves}, summary: "Waves", answer: items[waveJSON]{}},
		{route: route{get, wave, auth.ProgressRead, s.apiWave}, summary: "One wave with quotas and counts by disposition", answer: waveJSON{}},
		{route: route{get, wave + "/responses", auth.ResponseRead, s.apiResponses}, summary: "Responses, newest first; a distributor sees those they entered", answer: items[responseJSON]{},
			query: []apiParam{afterParam, limitParam}},
		{route: route{post, wave + "/responses", auth.ResponseEnter, s.apiResponseEnter}, summary: "Enter a response; the same id and content again answers 200, another content 409",
			body: responseBody{}, status: fiber.StatusCreated, answer: responseJSON{}},
		{route: route{post, wave + "/responses/batch", auth.ResponseEnter, s.apiResponseBatch}, summary: "Enter up to 1,000 responses as one write; each is answered for itself, and sending all of them again counts none twice",
			body: responsesBody{}, answer: enteredJSON{}},
		{route: route{get, wave + "/estimates", auth.SurveyRead, s.apiEstimates}, summary: "Figures with numerator, base, interval, method and warnings: of one question, or all indicators", answer: estimatesJSON{},
			query: []apiParam{{"question", "Name of a question; all indicators when left out.", nil}, {"by", "stratum, or the name of a single-choice question.", nil}}},
		{route: route{get, wave + "/trends", auth.SurveyRead, s.apiTrends}, summary: "Indicators over the waves, each change with its interval against the comparable wave before: of one question, or all", answer: items[trendJSON]{},
			query: []apiParam{{"question", "Name of a question; all indicators when left out.", nil}}},
		{route: route{get, c + "/report.xlsx", auth.ReportRead, s.reportDownload}, summary: "The report as a workbook", file: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{route: route{post, c + "/reports", auth.DossierPut, s.apiReportStart}, summary: "Seal an inspection dossier of what is recorded until now; it goes on after the answer", status: fiber.StatusAccepted, answer: reportJSON{}},
		{route: route{get, c + "/reports/:dossier", auth.DossierRead, s.apiReport}, summary: "How far a dossier is; sealed with the hash of its file", answer: reportJSON{}},
		{route: route{get, c + "/reports/:dossier/file", auth.DossierRead, s.dossierDownload}, summary: "The sealed file", file: "application/zip"},
		{route: route{get, apiPrefix + "/audit", auth.AuditRead, s.apiAudit}, summary: "The audit trail, oldest first; a caller of one campaign sees that campaign's", answer: items[auditJSON]{},
			query: []apiParam{{"campaign", "Id of the campaign.", nil}, {"from", "From this time on: 2014-09-05, 2014-09-05T08:30 in Shanghai, or with a zone.", nil}, {"to", "Up to this time; a day or a minute is meant with all of it.", nil},
				{"who", "Id of the actor, or a part of the name.", nil}, {"group", "Verbs of one subject.", auditGroups()}, {"verb", "One verb, placement.log say.", nil},
				{"kind", "Kind of the thing.", nil}, {"thing", "Id of the thing, or its beginning.", nil}, {"outcome", "How it ended.", []string{"success", "refused"}}, afterParam, limitParam}},
	}
	return append(table, s.apiStandingRoutes()...)
}
