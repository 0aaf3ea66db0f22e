/* route.c - the table of addresses. */
#include "route.h"

/* Whoever answers for the policy in one way or another. */
#define SCOPE_TOOLS (SCOPE_POLICY | SCOPE_OPERATOR)
/* What is kept, and what goes. */
#define SCOPE_KEEPING (SCOPE_POLICY | SCOPE_RIGHTS | SCOPE_OPERATOR)
/* What a person wrote; for which purpose: purpose.h. */
#define SCOPE_CONTENT (SCOPE_DESK | SCOPE_RIGHTS)
/* The two who can find out who did something, together. */
#define SCOPE_STAFF (SCOPE_RIGHTS | SCOPE_COUNCIL)
/* Who may place holds. */
#define SCOPE_HOLDS (SCOPE_RIGHTS | SCOPE_POLICY)
#define SCOPE_LOOK  (SCOPE_POLICY | SCOPE_APPROVE | SCOPE_AUDIT | SCOPE_OPERATOR)

static const struct route routes[] = {
    /* operation */
    {"GET", "/healthz", 0, 0, api_healthy},
    {"GET", "/readyz", 0, 0, api_ready},
    {"GET", "/metrics", 0, 0, api_metrics},
    {"GET", "/v1/openapi.yaml", 0, 0, api_openapi},
    /* helpdesks */
    {"GET", "/v1/conversations/{cnv}", SCOPE_CONTENT, 0, api_conversation_get},
    {"POST", "/v1/conversations/{cnv}/messages", SCOPE_DESK, ROUTE_BODY,
     api_message_send},
    {"POST", "/v1/conversations/{cnv}/reactions", SCOPE_DESK, ROUTE_BODY,
     api_message_react},
    {"POST", "/v1/conversations/{cnv}/attachments", SCOPE_DESK, ROUTE_UPLOAD,
     api_attachment_put},
    {"POST", "/v1/conversations/{cnv}/tags", SCOPE_DESK, ROUTE_BODY,
     api_conversation_tag},
    {"POST", "/v1/conversations/{cnv}/close", SCOPE_DESK, 0,
     api_conversation_close},
    {"POST", "/v1/conversations/{cnv}/reopen", SCOPE_DESK, 0,
     api_conversation_reopen},
    {"POST", "/v1/conversations/{cnv}/notes", SCOPE_DESK, ROUTE_BODY,
     api_note_put},
    {"GET", "/v1/conversations/{cnv}/notes", SCOPE_DESK, 0, api_note_list},
    {"GET", "/v1/conversations/{cnv}/unsubscribe", SCOPE_DESK, 0,
     api_consent_unsubscribe},
    {"GET", "/v1/messages/{msg}", SCOPE_CONTENT, 0, api_message_get},
    {"POST", "/v1/messages/{msg}/read", SCOPE_DESK, 0, api_message_read},
    {"GET", "/v1/attachments/{att}", SCOPE_CONTENT, 0, api_attachment_get},
    /* those who answer for the rights of persons */
    {"POST", "/v1/conversations/{cnv}/restrict", SCOPE_RIGHTS, ROUTE_BODY,
     api_restrict},
    {"POST", "/v1/conversations/{cnv}/lift", SCOPE_RIGHTS, ROUTE_BODY,
     api_restriction_lift},
    {"GET", "/v1/restrictions", SCOPE_RIGHTS, 0, api_restrictions_list},
    {"GET", "/v1/staff/reveal", SCOPE_STAFF, 0, api_staff_list},
    {"POST", "/v1/staff/reveal", SCOPE_STAFF, ROUTE_BODY, api_staff_ask},
    {"GET", "/v1/staff/reveal/{rvl}", SCOPE_STAFF, 0, api_staff_show},
    {"POST", "/v1/staff/reveal/{rvl}/approve", SCOPE_STAFF, 0,
     api_staff_approve},
    {"POST", "/v1/staff/reveal/{rvl}/refuse", SCOPE_STAFF, 0, api_staff_refuse},
    {"GET", "/v1/holds", SCOPE_HOLDS | SCOPE_APPROVE, 0, api_hold_list},
    {"POST", "/v1/holds", SCOPE_HOLDS, ROUTE_BODY, api_hold_place},
    {"GET", "/v1/holds/{hld}", SCOPE_HOLDS | SCOPE_APPROVE, 0, api_hold_get},
    {"POST", "/v1/holds/{hld}/approve", SCOPE_HOLDS | SCOPE_APPROVE, 0,
     api_hold_approve},
    {"POST", "/v1/holds/{hld}/review", SCOPE_HOLDS, ROUTE_BODY,
     api_hold_review},
    {"POST", "/v1/holds/{hld}/release", SCOPE_HOLDS, 0, api_hold_release},
    {"GET", "/v1/requests", SCOPE_RIGHTS, 0, api_request_list},
    {"POST", "/v1/requests", SCOPE_RIGHTS, ROUTE_BODY, api_request_open},
    {"GET", "/v1/requests/{req}", SCOPE_RIGHTS, 0, api_request_get},
    {"DELETE", "/v1/requests/{req}", SCOPE_RIGHTS, 0, api_request_withdraw},
    {"GET", "/v1/requests/{req}/file", SCOPE_RIGHTS, 0, api_request_file},
    {"POST", "/v1/requests/{req}/identity", SCOPE_RIGHTS, ROUTE_BODY,
     api_request_identity},
    {"POST", "/v1/requests/{req}/extend", SCOPE_RIGHTS, ROUTE_BODY,
     api_request_extend},
    {"POST", "/v1/requests/{req}/decide", SCOPE_RIGHTS, ROUTE_BODY,
     api_request_decide},
    {"POST", "/v1/requests/{req}/resume", SCOPE_RIGHTS, 0, api_request_resume},
    {"POST", "/v1/requests/{req}/approve", SCOPE_RIGHTS, 0,
     api_request_approve},
    {"GET", "/v1/requests/{req}/certificate", SCOPE_RIGHTS, 0,
     api_request_certificate},
    {"GET", "/v1/requests/{req}/package", SCOPE_RIGHTS, 0,
     api_request_package_get},
    {"POST", "/v1/requests/{req}/package", SCOPE_RIGHTS, 0,
     api_request_package},
    {"GET", "/v1/requests/{req}/recipients", SCOPE_RIGHTS, 0, api_recipients},
    {"POST", "/v1/erasures", SCOPE_RIGHTS, ROUTE_BODY, api_erasure_begin},
    {"GET", "/v1/erasures/{ers}", SCOPE_RIGHTS | SCOPE_AUDIT, 0,
     api_erasure_get},
    {"POST", "/v1/tellings/{tel}/confirm", SCOPE_DESK | SCOPE_RIGHTS, 0,
     api_telling_confirm},
    {"POST", "/v1/tellings/{tel}/retry", SCOPE_RIGHTS, 0, api_telling_retry},
    /* those who answer for the policy */
    {"GET", "/v1/policy/explain/{msg}", SCOPE_POLICY | SCOPE_OPERATOR, 0,
     api_policy_explain},
    {"POST", "/v1/policy/explain", SCOPE_TOOLS, ROUTE_BODY | ROUTE_BARE,
     api_policy_ask},
    {"POST", "/v1/policy/test", SCOPE_TOOLS, ROUTE_BODY | ROUTE_BARE,
     api_policy_test},
    {"POST", "/v1/policy/decide", SCOPE_TOOLS,
     ROUTE_BODY | ROUTE_BARE | ROUTE_LINES, api_policy_decide},
    {"GET", "/v1/policy/due", SCOPE_TOOLS, 0, api_policy_due},
    {"POST", "/v1/policy/diff", SCOPE_TOOLS, ROUTE_BODY | ROUTE_BARE,
     api_policy_diff},
    {"GET", "/v1/policy/render", SCOPE_TOOLS, 0, api_policy_render},
    {"GET", "/v1/policy/simulation", SCOPE_POLICY | SCOPE_OPERATOR, 0,
     api_policy_simulation},
    {"POST", "/v1/policy/simulation", SCOPE_POLICY | SCOPE_OPERATOR,
     ROUTE_BODY | ROUTE_BARE, api_policy_simulate},
    {"GET", "/v1/policy/versions", SCOPE_LOOK, 0, api_policy_list},
    {"POST", "/v1/policy/versions", SCOPE_POLICY, ROUTE_BODY,
     api_policy_propose},
    {"GET", "/v1/policy/versions/{pol}", SCOPE_LOOK, 0, api_policy_get},
    {"GET", "/v1/policy/versions/{pol}/file", SCOPE_LOOK, 0, api_policy_file},
    {"GET", "/v1/policy/versions/{pol}/shadow", SCOPE_LOOK, 0,
     api_policy_shadow},
    {"POST", "/v1/policy/versions/{pol}/shadow", SCOPE_POLICY, ROUTE_BODY,
     api_policy_watch},
    {"POST", "/v1/policy/versions/{pol}/approve", SCOPE_POLICY | SCOPE_APPROVE,
     0, api_policy_approve},
    {"POST", "/v1/policy/versions/{pol}/stop",
     SCOPE_POLICY | SCOPE_APPROVE | SCOPE_OPERATOR, 0, api_policy_stop},
    /* those who answer for consents */
    {"POST", "/v1/consents/import", SCOPE_RIGHTS, ROUTE_BODY,
     api_consent_import},
    {"POST", "/v1/persons/{per}/disclosures", SCOPE_RIGHTS, ROUTE_BODY,
     api_disclosure_put},
    {"GET", "/v1/persons/{per}/consents", SCOPE_RIGHTS, 0, api_consent_show},
    {"GET", "/v1/persons/{per}/consents/{nam}/proof", SCOPE_RIGHTS, 0,
     api_consent_proof},
    {"GET", "/v1/stats", SCOPE_POLICY | SCOPE_AUDIT | SCOPE_OPERATOR, 0,
     api_stats},
    /* operators */
    {"GET", "/v1/sweeps", SCOPE_KEEPING | SCOPE_AUDIT, 0, api_sweeps_list},
    {"POST", "/v1/sweeps", SCOPE_KEEPING, ROUTE_BODY, api_sweep_ask},
    {"GET", "/v1/sweeps/{swp}", SCOPE_KEEPING | SCOPE_AUDIT, 0, api_sweep_get},
    {"POST", "/v1/sweeps/{swp}/approve",
     SCOPE_POLICY | SCOPE_RIGHTS | SCOPE_APPROVE, 0, api_sweep_approve},
    {"POST", "/v1/sweeps/{swp}/stop", SCOPE_KEEPING | SCOPE_APPROVE, 0,
     api_sweep_stop},
    {"GET", "/v1/reviews", SCOPE_KEEPING, 0, api_reviews_list},
    {"POST", "/v1/reviews/{rev}/decide", SCOPE_POLICY | SCOPE_RIGHTS,
     ROUTE_BODY, api_review_decide},
    {"GET", "/v1/clock", SCOPE_KEEPING, 0, api_clock_get},
    {"POST", "/v1/clock/confirm", SCOPE_KEEPING, 0, api_clock_confirm},
    {"GET", "/v1/status", SCOPE_OPERATOR, 0, api_status},
    {"GET", "/v1/alarms", SCOPE_RIGHTS | SCOPE_AUDIT | SCOPE_OPERATOR, 0,
     api_alarms_list},
    {"POST", "/v1/alarms/{alm}/seen", SCOPE_RIGHTS | SCOPE_OPERATOR, 0,
     api_alarm_seen},
    {"POST", "/v1/alarms/{alm}/end", SCOPE_RIGHTS | SCOPE_OPERATOR, 0,
     api_alarm_end},
    {"GET", "/v1/breaches", SCOPE_RIGHTS | SCOPE_AUDIT | SCOPE_OPERATOR, 0,
     api_breaches_list},
    {"POST", "/v1/breaches", SCOPE_RIGHTS | SCOPE_OPERATOR, ROUTE_BODY,
     api_breach_open},
    {"GET", "/v1/breaches/{brc}", SCOPE_RIGHTS | SCOPE_OPERATOR, 0,
     api_breach_get},
    {"POST", "/v1/breaches/{brc}/decide", SCOPE_RIGHTS | SCOPE_OPERATOR,
     ROUTE_BODY, api_breach_decide},
    {"POST", "/v1/breaches/{brc}/notify", SCOPE_RIGHTS | SCOPE_OPERATOR,
     ROUTE_BODY, api_breach_notify},
    {"POST", "/v1/breaches/{brc}/close", SCOPE_RIGHTS | SCOPE_OPERATOR,
     ROUTE_BODY, api_breach_close},
    {"GET", "/v1/breaches/{brc}/draft", SCOPE_RIGHTS | SCOPE_OPERATOR, 0,
     api_breach_draft},
    {"GET", "/v1/canaries", SCOPE_RIGHTS | SCOPE_OPERATOR, 0,
     api_canaries_list},
    {"POST", "/v1/canaries", SCOPE_RIGHTS | SCOPE_OPERATOR, ROUTE_BODY,
     api_canary_make},
    {"POST", "/v1/canaries/{cny}/end", SCOPE_RIGHTS | SCOPE_OPERATOR, 0,
     api_canary_end},
    {"GET", "/v1/tokens", SCOPE_OPERATOR, 0, api_tokens_list},
    {"POST", "/v1/tokens", SCOPE_OPERATOR, ROUTE_BODY, api_token_create},
    {"POST", "/v1/tokens/{tok}/revoke", SCOPE_OPERATOR, 0, api_token_revoke},
    {"DELETE", "/v1/tokens/{tok}", SCOPE_OPERATOR, 0, api_token_revoke},
    {"GET", "/v1/outbox", SCOPE_OPERATOR, 0, api_outbox_list},
    {"POST", "/v1/outbox/{dlv}/retry", SCOPE_OPERATOR, ROUTE_OWN_TX,
     api_outbox_retry},
    {"POST", "/v1/outbox/{dlv}/drop", SCOPE_OPERATOR, ROUTE_OWN_TX,
     api_outbox_drop},
    {"GET", "/v1/quarantine", SCOPE_OPERATOR, 0, api_quarantine_list},
    {"GET", "/v1/quarantine/{qrn}", SCOPE_OPERATOR, 0, api_quarantine_get},
    {"POST", "/v1/quarantine/{qrn}/replay", SCOPE_OPERATOR, ROUTE_OWN_TX,
     api_quarantine_replay},
    {"GET", "/v1/ledger/checkpoint", SCOPE_AUDIT | SCOPE_OPERATOR, 0,
     api_ledger_checkpoint},
    {"POST", "/v1/ledger/checkpoint", SCOPE_OPERATOR, ROUTE_OWN_TX,
     api_ledger_sign},
    {"GET", "/v1/ledger/keys", SCOPE_AUDIT | SCOPE_OPERATOR, 0,
     api_ledger_keys},
    {"POST", "/v1/ledger/rotate-key", SCOPE_OPERATOR, ROUTE_OWN_TX,
     api_ledger_rotate},
    {"GET", "/v1/ledger/witnesses", SCOPE_AUDIT | SCOPE_OPERATOR, 0,
     api_ledger_witnesses},
    {"GET", "/v1/keys", SCOPE_OPERATOR, 0, api_keys_get},
    {"POST", "/v1/keys/lock", SCOPE_OPERATOR, ROUTE_LOCAL | ROUTE_BARE,
     api_keys_lock},
    {"POST", "/v1/keys/unlock", SCOPE_OPERATOR,
     ROUTE_LOCAL | ROUTE_BARE | ROUTE_BODY, api_keys_unlock},
    {"POST", "/v1/keys/rotate", SCOPE_OPERATOR, ROUTE_LOCAL | ROUTE_OWN_TX,
     api_keys_rotate},
    {"POST", "/v1/keys/backup", SCOPE_OPERATOR, ROUTE_LOCAL, api_keys_backup},
    {"GET", "/v1/backups", SCOPE_AUDIT | SCOPE_OPERATOR, 0, api_backups_list},
    {"POST", "/v1/backups", SCOPE_OPERATOR, ROUTE_LOCAL, api_data_backup},
};

/* Query parameters, of those that have any. */
#define Q(n) (1u << QUERY_##n)
static const struct {
	route_run run;
	unsigned int queries;
} asks[] = {
    {api_note_list, Q(LIMIT) | Q(BEFORE)},
    {api_request_list, Q(STATE) | Q(WHAT) | Q(LIMIT) | Q(BEFORE)},
    {api_conversation_get, Q(LIMIT) | Q(BEFORE) | Q(PURPOSE)},
    {api_message_get, Q(PURPOSE)},
    {api_attachment_get, Q(PURPOSE)},
    {api_policy_explain, Q(PURPOSE)},
    {api_consent_show, Q(PURPOSE)},
    {api_hold_list, Q(STATE)},
    {api_outbox_list, Q(STATE) | Q(LIMIT) | Q(AFTER)},
    {api_quarantine_list, Q(LIMIT)},
    {api_sweeps_list, Q(LIMIT)},
    {api_reviews_list, Q(LIMIT)},
    {api_policy_list, Q(LIMIT) | Q(BEFORE)},
    {api_quarantine_get, Q(BODY)},
    {api_consent_proof, Q(FORM) | Q(LANGUAGE) | Q(CHANNEL) | Q(PURPOSE)},
    {api_policy_due, Q(START) | Q(PERIOD) | Q(STATUTORY)},
    {api_breach_draft, Q(WHAT) | Q(LANGUAGE)},
    {api_policy_render, Q(WHAT) | Q(LANGUAGE) | Q(FORMAT)},
    {api_stats, Q(FROM) | Q(TO) | Q(STEP) | Q(CHANNEL)},
};

bool route_asks(const struct route *route, enum job_query query)
{
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (asks[i].run == route->run)
			return (asks[i].queries >> query & 1) != 0;
	return false;
}

static const struct {
	const char *mark;
	enum id_kind kind;
} marks[] = {
    {"{cnv}", ID_CONVERSATION}, {"{msg}", ID_MESSAGE},
    {"{att}", ID_ATTACHMENT},	{"{tok}", ID_TOKEN},
    {"{dlv}", ID_DELIVERY},	{"{qrn}", ID_QUARANTINE},
    {"{pol}", ID_POLICY},	{"{per}", ID_PERSON},
    {"{req}", ID_REQUEST},	{"{hld}", ID_HOLD},
    {"{ers}", ID_ERASURE},	{"{swp}", ID_SWEEP},
    {"{rev}", ID_REVIEW},	{"{pkg}", ID_PACKAGE},
    {"{tel}", ID_TELLING},	{"{brc}", ID_BREACH},
    {"{cny}", ID_CANARY},	{"{alm}", ID_ALARM},
    {"{rvl}", ID_REVEAL},
};
#define MARKS	 (sizeof(marks) / sizeof(marks[0]))
#define MARK_LEN 5

static const struct {
	const char *name;
	unsigned int bit;
} scopes[] = {
    {"desk", SCOPE_DESK},
    {"rights", SCOPE_RIGHTS},
    {"policy", SCOPE_POLICY},
    {"audit", SCOPE_AUDIT},
    {"operator", SCOPE_OPERATOR},
    {"policy.approve", SCOPE_APPROVE},
    {"works_council", SCOPE_COUNCIL},
};

static unsigned int scope_bit(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strlen(scopes[i].name) == len &&
		    memcmp(scopes[i].name, name, len) == 0)
			return scopes[i].bit;
	return 0;
}

bool scopes_parse(const char *text, unsigned int *ret)
{
	unsigned int bits = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		unsigned int bit = scope_bit(text, len);

		if (bit == 0)
			return false;
		bits |= bit;
		text += len;
		/* One space between names, none at the end. */
		if (*text == ' ' && *++text == '\0')
			return false;
	}
	if (bits == 0)
		return false;
	*ret = bits;
	return true;
}

const struct route *route_all(size_t *ret_len)
{
	*ret_len = sizeof(routes) / sizeof(routes[0]);
	return routes;
}

/* One segment of a pattern and of a path, side by side. */
struct pair {
	const char *pattern, *path;
	size_t pattern_len, path_len;
};

static struct pair pair_at(const char *pattern, const char *path)
{
	return (struct pair){.pattern = pattern,
			     .path = path,
			     .pattern_len = strcspn(pattern, "/"),
			     .path_len = strcspn(path, "/")};
}

static bool pair_is_mark(const struct pair *p)
{
	return p->pattern[0] == '{';
}

/* Behind a mark any segment fits; whether it is an id is the loop's question,
 * so that a foreign and a made-up one get the same 404. */
static bool pair_fits(const struct pair *p)
{
	if (pair_is_mark(p))
		return p->path_len > 0;
	return p->pattern_len == p->path_len &&
	       memcmp(p->pattern, p->path, p->path_len) == 0;
}

/* To the next segment; false: one of them has none. */
static bool pair_next(struct pair *p)
{
	const char *pattern = p->pattern + p->pattern_len;
	const char *path = p->path + p->path_len;

	if (*pattern == '\0' || *path == '\0')
		return false;
	*p = pair_at(pattern + 1, path + 1);
	return true;
}

static bool path_fits(const char *pattern, const char *path)
{
	struct pair p = pair_at(pattern, path);

	do {
		if (!pair_fits(&p))
			return false;
	} while (pair_next(&p));
	return p.pattern[p.pattern_len] == p.path[p.path_len];
}

static const char *allow_of(bool get, bool post, bool del)
{
	if (get && del)
		return "GET, HEAD, DELETE, OPTIONS";
	if (get && post)
		return "GET, HEAD, POST, OPTIONS";
	if (get)
		return "GET, HEAD, OPTIONS";
	if (post && del)
		return "POST, DELETE, OPTIONS";
	return post ? "POST, OPTIONS" : "DELETE, OPTIONS";
}

enum route_match route_find(const char *method, const char *path,
			    const struct route **ret, const char **ret_allow)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	bool get = false, post = false, del = false;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!path_fits(routes[i].pattern, path))
			continue;
		if (strcmp(routes[i].method, wanted) == 0) {
			*ret = &routes[i];
			return ROUTE_FOUND;
		}
		get = get || strcmp(routes[i].method, "GET") == 0;
		post = post || strcmp(routes[i].method, "POST") == 0;
		del = del || strcmp(routes[i].method, "DELETE") == 0;
	}
	if (!get && !post && !del)
		return ROUTE_UNKNOWN;
	*ret_allow = allow_of(get, post, del);
	return ROUTE_OTHER_METHOD;
}

/* Is the segment of the pattern this mark? */
static bool is_mark(const struct pair *p, const char *mark)
{
	return p->pattern_len == MARK_LEN &&
	       memcmp(p->pattern, mark, MARK_LEN) == 0;
}

bool route_id(const struct route *route, const char *path, const char **ret,
	      size_t *ret_len, enum id_kind *ret_kind)
{
	struct pair p = pair_at(route->pattern, path);

	do {
		for (size_t i = 0; i < MARKS; i++) {
			if (!is_mark(&p, marks[i].mark))
				continue;
			*ret = p.path;
			*ret_len = p.path_len;
			*ret_kind = marks[i].kind;
			return true;
		}
	} while (pair_next(&p));
	return false;
}

bool route_name(const struct route *route, const char *path, struct name *ret)
{
	struct pair p = pair_at(route->pattern, path);

	do {
		if (is_mark(&p, ROUTE_NAME_MARK))
			return name_set(ret, p.path, p.path_len);
	} while (pair_next(&p));
	return false;
}
