package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"shuixuan/app/internal/auth"
	"shuixuan/app/placement"
	"shuixuan/dashboards/workbook"
)

// route is one line of the route table: an address, the verb it asks for, and what
// answers.
type route struct {
	method, path string
	verb         auth.Verb
	handler      handler
}

// routes is the route table: who may do what can be read down the page. Addresses of a
// campaign carry its id, and the verb is asked for in that campaign.
func (s *Server) routes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const c = "/c/:campaign"
	const wave = c + "/waves/:wave"
	table := []route{
		{get, "/healthz", auth.Public, s.healthz},
		{get, "/readyz", auth.Public, s.readyz},
		{get, "/metrics", auth.Public, s.metricsText},
		{get, "/login", auth.Public, s.loginForm},
		{post, "/login", auth.Public, s.login},
		{post, "/logout", auth.Public, s.logout},
		{get, "/me", auth.SignedIn, s.meForm},
		{post, "/me", auth.SignedIn, s.me},
		{get, "/", auth.SignedIn, s.home},
		{get, c, auth.CampaignRead, s.campaignHome},

		{get, c + "/tasks", auth.TaskRead, s.tasksList},
		{get, c + "/placements", auth.PlacementRead, s.placementsList},
		{get, c + "/placements.xlsx", auth.PlacementRead, s.placementsExport(workbook.Placements, "xlsx")},
		{get, c + "/placements.csv", auth.PlacementRead, s.placementsExport(workbook.PlacementsCSV, "csv")},
		{get, c + "/placements/new", auth.PlacementLog, s.placementNew},
		{post, c + "/placements", auth.PlacementLog, s.placementLog},
		{get, c + "/placements/:id", auth.PlacementRead, s.placementShow},
		{get, c + "/placements/:id/edit", auth.PlacementRevise, s.placementEdit},
		{post, c + "/placements/:id", auth.PlacementRevise, s.placementRevise},
		{post, c + "/placements/:id/withdraw", auth.PlacementRevise, s.placementStep(placement.Withdraw)},

		{get, c + "/plan", auth.PlanRead, s.planPage},
		{get, c + "/plan/:task", auth.PlanPut, s.taskForm},
		{post, c + "/plan/:task", auth.PlanPut, s.taskPut},
		{get, c + "/units", auth.UnitRead, s.unitsList},
		{get, c + "/units/new", auth.UnitPut, s.unitNew},
		{post, c + "/units", auth.UnitPut, s.unitAdd},
		{get, c + "/units/:unit", auth.UnitPut, s.unitForm},
		{post, c + "/units/:unit", auth.UnitPut, s.unitPut},

		{get, c + "/imports", auth.ReceiptRead, s.importsList},
		{post, c + "/imports", auth.ReceiptRead, s.importUpload}, // the verb of its kind is asked for in take
		{get, c + "/imports/preview", auth.ReceiptRead, s.importPreview},
		{get, c + "/imports/preview/rejected.xlsx", auth.ReceiptRead, s.importPreviewRejected},
		{post, c + "/imports/commit", auth.ReceiptRead, s.importCommit},
		{get, c + "/imports/:id", auth.ReceiptRead, s.importShow},
		{get, c + "/imports/:id/rejected.xlsx", auth.ReceiptRead, s.importRejected},
		{get, c + "/templates/placements.xlsx", auth.ImportPlacement, s.placementTemplate},

		{get, c + "/waves", auth.SurveyRead, s.wavesHome},
		{get, c + "/entry", auth.ResponseEnter, s.entryHome},
		{get, wave + "/entry", auth.ResponseEnter, s.entryForm},
		{post, wave + "/responses", auth.ResponseEnter, s.entrySave},
		{get, wave + "/template.xlsx", auth.ImportResponse, s.responseTemplate},
		{get, wave + "/responses.xlsx", auth.ResponseRead, s.responsesExport("xlsx")},
		{get, wave + "/responses.csv", auth.ResponseRead, s.responsesExport("csv")},
		{get, c + "/report.xlsx", auth.ReportRead, s.reportDownload},

		{get, "/api/openapi.json", auth.Public, s.openAPI},
	}
	for _, part := range [][]route{
		s.questionnaireRoutes(), // before the boards: …/waves/new is no wave
		s.contradictionRoutes(), s.xlsFormRoutes(), s.mappingRoutes(), s.peopleRoutes(),
		s.standingRoutes(), s.overviewRoutes(), s.wallRoutes(),
		s.at(c+"/coverage", s.coverageBoard()), s.at(c+"/totals", s.totalsBoard()), s.at(c+"/calendar", s.calendarBoard()), s.mapRoutes(),
		s.at(wave, s.waveBoard()), s.at(wave+"/analysis", s.analysisBoard()), s.at(wave+"/questions/:question", s.questionBoard()), s.runRoutes(), s.marginRoutes(), s.sizeRoutes(),
		s.reviewRoutes(), s.photoRoutes(), s.auditRoutes(),
		s.sheetRoutes(), s.printRoutes(), s.doubleRoutes(), s.screeningRoutes(), s.responseRoutes(), s.offlineRoutes(), s.publicRoutes(), s.linkRoutes(),
		s.checkRoutes(), s.rehearsalRoutes(), s.inspectorRoutes(), s.dossierRoutes(), s.verifyRoutes(),
	} {
		table = append(table, part...)
	}
	return table
}

// allRoutes joins the pages and the API.
func (s *Server) allRoutes() []route {
	all := s.routes()
	for _, r := range s.apiRoutes() {
		all = append(all, r.route)
	}
	return all
}

// register builds the way of a request, in its order.
func (s *Server) register() {
	s.app.Use(s.observe, secure)
	s.app.Get("/static/*", s.assets.serve)
	s.app.Use(compress.New(compress.Config{Level: compress.LevelBestSpeed}))
	s.app.Use(s.ceiling, s.receive, sameOrigin, s.noteWrites)
	for _, r := range s.allRoutes() {
		s.app.Add(r.method, r.path, s.enter(r.verb, r.handler))
	}
	missing := func(*fiber.Ctx, *visit) error { return fiber.ErrNotFound }
	s.app.All("/c/:campaign/*", s.enter(auth.CampaignRead, missing)) // with the menu of the campaign
	s.app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
}

// noteWrites makes old what is remembered and what this request may have changed, save those that
// tell of one person and stand in no figure. What comes by the hundred a second changes neither plan
// nor wave: answers and placements, with all that belongs to one. Else each would have the whole
// plan read again for the next who opens a link. A package that is checked changes nothing.
func (s *Server) noteWrites(c *fiber.Ctx) error {
	err := c.Next()
	session := strings.HasSuffix(c.Path(), seenPath) || c.Path() == "/login" || c.Path() == "/logout" || strings.HasPrefix(c.Path(), "/me") || strings.HasPrefix(c.Path(), invitePath) || strings.HasPrefix(c.Path(), inspectPath)
	if changes(c.Method()) && !session && !isPublic(c) && !isVerify(c.Path()) {
		responses := bringsResponses(c)
		if !responses && !ofPlacements(c) {
			s.plansChanged.count.Add(1)
		}
		if !responses {
			s.writes.count.Add(1)
		}
		s.figures.count.Add(1)
	}
	s.tell(c)
	return err
}

// bringsResponses tells what a program sends by the thousand: it stands in figures and changes
// neither plan nor wave.
func bringsResponses(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Path(), apiPrefix) && (strings.HasSuffix(c.Path(), "/responses") || strings.HasSuffix(c.Path(), "/responses/batch"))
}

// ofPlacements tells what is of the placements of a campaign, on pages and in the API.
func ofPlacements(c *fiber.Ctx) bool {
	for _, campaigns := range []string{"/c/", apiPrefix + "/campaigns/"} {
		if within, is := strings.CutPrefix(c.Path(), campaigns); is {
			_, thing, _ := strings.Cut(within, "/")
			return thing == "placements" || strings.HasPrefix(thing, "placements/")
		}
	}
	return false
}

// healthz tells that the program is alive.
func (s *Server) healthz(c *fiber.Ctx, _ *visit) error { return c.SendString("ok\n") }

// readyz tells that the database answers and that the server isn't about to stop.
func (s *Server) readyz(c *fiber.Ctx, _ *visit) error {
	if s.leaving.Load() {
		return c.Status(fiber.StatusServiceUnavailable).SendString("the server is stopping\n")
	}
	if err := s.DB.Ping(c.UserContext()); err != nil {
		s.log.Warn("not ready", "error", err.Error())
		return c.Status(fiber.StatusServiceUnavailable).SendString("the database does not answer\n")
	}
	return c.SendString("ready\n")
}
