package web

import (
	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
)

// invitePath is where an invitation leads; its address is as good as a password.
const invitePath = "/invite/"

// peopleRoutes are the routes of accounts, invitations and tokens.
func (s *Server) peopleRoutes() []route {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, "/c/:campaign"
	return []route{
		{get, invitePath + ":token", auth.Public, s.inviteForm},
		{post, invitePath + ":token", auth.Public, s.inviteAccept},
		{post, "/me/sign-out", auth.SignedIn, s.meSignOut},
		{get, c + "/opened", auth.CampaignRead, s.opened},

		{get, c + "/people", auth.PeopleRead, s.peopleList},
		{get, c + "/people/new", auth.PeoplePut, s.personNew},
		{post, c + "/people", auth.PeoplePut, s.personAdd},
		{post, c + "/people/slips", auth.PeoplePut, s.peopleInvite},
		{get, c + "/people/import/template.xlsx", auth.PeoplePut, s.peopleTemplate},
		{get, c + "/people/import/preview", auth.PeoplePut, s.peoplePreview},
		{get, c + "/people/import/rejected.xlsx", auth.PeoplePut, s.peopleRejected},
		{post, c + "/people/import/upload", auth.PeoplePut, s.peopleUpload},
		{post, c + "/people/import/commit", auth.PeoplePut, s.peopleCommit},
		{get, c + "/people/:person/edit", auth.PeoplePut, s.personForm},
		{post, c + "/people/:person/edit", auth.PeoplePut, s.personPut},
		{post, c + "/people/:person/disable", auth.PeoplePut, s.personDisable(true)},
		{post, c + "/people/:person/enable", auth.PeoplePut, s.personDisable(false)},
		{post, c + "/people/:person/invite", auth.PeoplePut, s.personInvite},

		{get, c + "/tokens", auth.TokenPut, s.tokensList},
		{post, c + "/tokens", auth.TokenPut, s.tokenAdd},
		{post, c + "/tokens/:token/revoke", auth.TokenPut, s.tokenRevoke},
	}
}
