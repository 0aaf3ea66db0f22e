/* consent_paper.c - a proof as a page for people. */
#include <sodium.h>

#include "consent_pack.h"
#include "postern/consentpage.h"
#include "postern/jsonmem.h"
#include "postern/render.h"

#define LISTED_MAX   32
#define EVIDENCE_MAX (2u * 1024 * 1024)
#define REACH_BYTES  720
#define TIME_BYTES   32

struct times {
	char at[TIME_BYTES], until[TIME_BYTES];
	struct buf evidence;
};
/* What the page borrows while it is written. */
struct sheet {
	struct consentpage_event events[PACK_CHANNELS_MAX][CONSENT_LINES_MAX];
	struct consentpage_channel channels[PACK_CHANNELS_MAX];
	char since[PACK_CHANNELS_MAX][TIME_BYTES],
	    until[PACK_CHANNELS_MAX][TIME_BYTES];
	struct times times[CONSENT_LINES_MAX];
	struct consentpage_wording wordings[PACK_WORDINGS_MAX];
	char created[TIME_BYTES], address[REACH_BYTES], reach[REACH_BYTES],
	    listed[TIME_BYTES];
};

/* "2026-01-31 09:00:00 UTC" in the parts a reader can break it at. */
static const char *instant(int64_t ms, char ret[TIME_BYTES])
{
	char text[INSTANT_BYTES];

	if (ms == 0)
		return NULL;
	instant_format(ms, text);
	(void)snprintf(ret, TIME_BYTES, "%.10s %.8s UTC", text, text + 11);
	return ret;
}

/* --- events --------------------------------------------------------------- */

/* A text as it is, an object as JSON. */
static int evidence_text(const struct consent_line *line, struct buf *ret,
			 struct err *err)
{
	const json_t *evidence = json_object_get(line->evidence, "evidence");
	int rc = 0;

	*ret = BUF_INIT(EVIDENCE_MAX);
	if (evidence == NULL)
		return 0;
	if (json_is_string(evidence))
		rc = buf_append_text(ret, json_string_value(evidence), err);
	else
		rc = jsonmem_print(evidence, JSON_INDENT(2), ret, err);
	if (rc == 0 && buf_text(ret) == NULL)
		rc = ERR_SET(err, ERR_NOMEM, "evidence", 0);
	return rc;
}

static int fill_times(const struct pack *p, struct sheet *s, struct err *err)
{
	for (size_t i = 0; i < p->lines->len; i++) {
		const struct consent_line *line = &p->lines->all[i];

		(void)instant(line->at_ms, s->times[i].at);
		(void)instant(line->until_ms, s->times[i].until);
		if (evidence_text(line, &s->times[i].evidence, err) != 0)
			return -1;
	}
	return 0;
}

static const char *or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static void fill_event(const struct pack *p, const struct sheet *s, size_t i,
		       struct consentpage_event *ret)
{
	const struct consent_line *line = &p->lines->all[i];
	const struct buf *evidence = &s->times[i].evidence;

	*ret = (struct consentpage_event){
	    .at = s->times[i].at,
	    .kind = line->kind,
	    .by = line->by,
	    .method = line->method,
	    .until = line->until_ms != 0 ? s->times[i].until : NULL,
	    .wording = pack_wording_of(p, line),
	    .answer = consent_line_text(line, "answer"),
	    .prompt_id = or_null(line->prompt_id),
	    .answer_id = or_null(line->answer_id),
	    .evidence =
		evidence->len > 0 ? (const char *)evidence->bytes : NULL,
	};
}

static int fill_channel(const struct pack *p, struct sheet *s, size_t i,
			struct err *err)
{
	const struct consent_of of = {.person = p->person,
				      .purpose = p->purpose.name,
				      .channel = p->channels[i]};
	struct consentpage_channel *ch = &s->channels[i];
	struct consent_view view;

	if (consent_view_of(p->w, &of, CONSENT_NOW, &view, err) != 0)
		return -1;
	*ch = (struct consentpage_channel){
	    .name = p->channels[i].text,
	    .via = pack_via(p, i),
	    .state = view.state,
	    .since = instant(view.since_ms, s->since[i]),
	    .until = consent_is_valid(view.state)
			 ? instant(view.until_ms, s->until[i])
			 : NULL,
	    .events = s->events[i],
	};
	for (size_t k = 0; k < p->lines->len; k++)
		if (pack_on(p, i, &p->lines->all[k]))
			fill_event(p, s, k, &s->events[i][ch->events_len++]);
	return 0;
}

/* --- the rest ------------------------------------------------------------- */

static void fill_parties(const struct pack *p, struct sheet *s,
			 struct consentpage *ret)
{
	struct consentrecord_party c;

	pack_controller(p, &c);
	(void)snprintf(s->address, sizeof(s->address), "%s%s%s%s%s", c.street,
		       c.postal_code != NULL ? ", " : "",
		       c.postal_code != NULL ? c.postal_code : "",
		       c.locality != NULL ? " " : "",
		       c.locality != NULL ? c.locality : "");
	(void)snprintf(s->reach, sizeof(s->reach), "%s%s%s",
		       c.email != NULL ? c.email : "",
		       c.email != NULL && c.phone != NULL ? ", " : "",
		       c.phone != NULL ? c.phone : "");
	ret->controller = c.name;
	ret->address = s->address;
	ret->reach = s->reach;
}

static void fill_wordings(const struct pack *p, struct sheet *s)
{
	for (size_t i = 0; i < p->wordings_len; i++)
		s->wordings[i] = (struct consentpage_wording){
		    .sha256 = p->wordings[i]->hex,
		    .language = p->wordings[i]->language,
		    .first = p->wordings[i]->first,
		    .text = (const char *)p->wordings[i]->text.bytes,
		};
}

/* Since when an address stands on the list for this purpose. */
static int fill_listed(const struct pack *p, struct sheet *s,
		       struct consentpage *ret, struct err *err)
{
	struct consent_listed all[LISTED_MAX];
	int64_t since_ms = 0;
	size_t len = 0;

	if (consent_listed(p->w, p->person, all, LISTED_MAX, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		bool about = strcmp(all[i].scope, p->purpose.name.text) == 0 ||
			     strcmp(all[i].scope, CONSENT_EVERY_PURPOSE) == 0 ||
			     (p->purpose.marketing &&
			      strcmp(all[i].scope, CONSENT_MARKETING) == 0);

		if (about && all[i].since_ms > since_ms)
			since_ms = all[i].since_ms;
	}
	ret->listed = instant(since_ms, s->listed);
	return 0;
}

static int write_page(struct pack *p, struct sheet *s, enum tongue tongue,
		      struct buf *ret, struct err *err)
{
	struct consentpage page = {
	    .person = p->person_id.text,
	    .alias = p->alias,
	    .purpose = p->purpose.name.text,
	    .term = pack_term(p),
	    .special = p->special,
	    .marketing = p->purpose.marketing,
	    .authority = render_authority(p->w->settings->controller.land),
	    .created = instant(p->now_ms, s->created),
	    .channels = s->channels,
	    .channels_len = p->channels_len,
	    .wordings = s->wordings,
	    .wordings_len = p->wordings_len,
	};

	fill_parties(p, s, &page);
	fill_wordings(p, s);
	if (fill_times(p, s, err) != 0 || fill_listed(p, s, &page, err) != 0)
		return -1;
	for (size_t i = 0; i < p->channels_len; i++)
		if (fill_channel(p, s, i, err) != 0)
			return -1;
	return consentpage_render(tongue, &page, ret, err);
}

int pack_paper(struct pack *p, enum tongue tongue, struct buf *ret,
	       struct err *err)
{
	struct sheet *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "a page", 0);
	rc = write_page(p, s, tongue, ret, err);
	for (size_t i = 0; i < CONSENT_LINES_MAX; i++)
		buf_free(&s->times[i].evidence);
	sodium_memzero(s, sizeof(*s));
	free(s);
	return rc;
}
