/* consent_forms.c - a proof in the forms that others read by machine. */
#include <sodium.h>

#include "consent_pack.h"
#include "postern/render.h"

#define UUID_BYTES   37
#define PERIOD_BYTES 40
#define COUNTRY	     "DE"

/* What a record borrows while it is printed. */
struct space {
	struct consentrecord_happened events[CONSENT_LINES_MAX];
	char valid[CONSENT_LINES_MAX][PERIOD_BYTES];
	struct consentrecord_notice notices[PACK_WORDINGS_MAX];
	bool shown[PACK_WORDINGS_MAX];
	char id[UUID_BYTES], iri[64], subject[64], recipient[64];
	char duration[PERIOD_BYTES], deletion[PERIOD_BYTES];
};

/* --- ids ------------------------------------------------------------------ */

/* Version 4, as the format asks for; of a record always the same, and nothing
 * anybody else could compute. */
static void uuid_of(const struct pack *p, const char *what, const char *more,
		    char ret[UUID_BYTES])
{
	crypto_generichash_state state;
	uint8_t b[16], zero = 0;

	(void)crypto_generichash_init(&state, p->w->mask.key,
				      sizeof(p->w->mask.key), sizeof(b));
	(void)crypto_generichash_update(&state, (const uint8_t *)what,
					strlen(what));
	(void)crypto_generichash_update(&state, &zero, 1);
	(void)crypto_generichash_update(&state,
					(const uint8_t *)p->person_id.text,
					strlen(p->person_id.text));
	(void)crypto_generichash_update(&state, &zero, 1);
	(void)crypto_generichash_update(&state,
					(const uint8_t *)p->purpose.name.text,
					strlen(p->purpose.name.text));
	(void)crypto_generichash_update(&state, &zero, 1);
	(void)crypto_generichash_update(&state, (const uint8_t *)more,
					strlen(more));
	(void)crypto_generichash_final(&state, b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(ret, UUID_BYTES,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		       "%02x%02x%02x%02x%02x%02x",
		       b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
		       b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* --- periods -------------------------------------------------------------- */

static void period_text(const struct period *period, char ret[PERIOD_BYTES])
{
	size_t len = 1;

	(void)snprintf(ret, PERIOD_BYTES, "P");
	if (period->years > 0)
		len += (size_t)snprintf(ret + len, PERIOD_BYTES - len, "%uY",
					period->years);
	if (period->months > 0)
		len += (size_t)snprintf(ret + len, PERIOD_BYTES - len, "%uM",
					period->months);
	if (period->days > 0 || len == 1)
		(void)snprintf(ret + len, PERIOD_BYTES - len, "%uD",
			       period->days);
}

/* As it was given: the policy's words if they still lead to the same day. */
static const char *valid_text(const struct pack *p,
			      const struct consent_line *line,
			      char ret[PERIOD_BYTES])
{
	const struct consent_of of = {.person = p->person,
				      .purpose = p->purpose.name,
				      .channel = line->channel};
	struct period days = {0};
	int64_t n;

	if (line->until_ms == 0)
		return NULL;
	if (p->purpose.has_valid &&
	    consent_until(p->w, &of, line->at_ms) == line->until_ms) {
		period_text(&p->purpose.valid, ret);
		return ret;
	}
	n = caldate_local(p->w->zone, line->until_ms) - 1 -
	    caldate_local(p->w->zone, line->at_ms);
	days.days = n > 0 && n <= PERIOD_PART_MAX ? (uint32_t)n : 0;
	period_text(&days, ret);
	return ret;
}

/* How long a consent is kept as one, and when its proof is deleted after.
 * Without a rule of the policy: five years (Section 7a UWG), a month. */
static void storage_texts(const struct pack *p, struct space *s)
{
	struct period keep = {.years = 5}, gone = {.months = 1};
	struct name datenart = {0};
	struct policy_rule rule;

	(void)name_set(&datenart, CONSENT_DATENART,
		       strlen(CONSENT_DATENART)); /* a constant */
	if (policy_rule_of(p->w->policy, &datenart, &rule)) {
		if (rule.has_statutory)
			keep = (struct period){.years = (uint32_t)rule.years};
		else if (rule.has_delete)
			keep = rule.delete_by;
		if (rule.has_delete)
			gone = rule.delete_by;
	}
	period_text(p->purpose.has_valid ? &p->purpose.valid : &keep,
		    s->duration);
	period_text(&gone, s->deletion);
}

/* --- records -------------------------------------------------------------- */

static const char *id_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* false: it says nothing about the state. */
static bool fill_event(const struct pack *p, const struct consent_line *line,
		       struct space *s, size_t at)
{
	struct consentrecord_happened *e = &s->events[at];
	size_t wording = pack_wording_of(p, line);

	*e = (struct consentrecord_happened){0};
	if (!consent_state_of_event(line->kind, &e->state))
		return false;
	e->type = p->special ? CONSENT_EXPLICITLY_EXPRESSED : CONSENT_EXPRESSED;
	e->at_ms = line->at_ms;
	e->by_controller = strcmp(line->by, "controller") == 0;
	e->guardian = strcmp(line->by, "guardian") == 0;
	e->method = line->method;
	if (consent_is_valid(e->state))
		e->valid = valid_text(p, line, s->valid[at]);
	if (wording > 0) {
		e->notice = p->wordings[wording - 1]->iri;
		s->shown[wording - 1] = true;
	}
	e->prompt_id = id_or_null(line->prompt_id);
	e->answer_id = id_or_null(line->answer_id);
	e->answer = consent_line_text(line, "answer");
	e->evidence = json_object_get(line->evidence, "evidence");
	return true;
}

static void fill_events(const struct pack *p, size_t i, struct space *s,
			struct consent_record *ret)
{
	for (size_t k = 0; k < p->lines->len; k++)
		if (pack_on(p, i, &p->lines->all[k]) &&
		    fill_event(p, &p->lines->all[k], s, ret->events_len))
			ret->events_len++;
	ret->events = s->events;
	for (size_t k = 0; k < p->wordings_len; k++) {
		const struct pack_wording *w = p->wordings[k];

		if (!s->shown[k])
			continue;
		s->notices[ret->notices_len++] = (struct consentrecord_notice){
		    .iri = w->iri,
		    .language = w->language,
		    .date = w->first,
		    .sha256 = w->hex,
		    .text = (const char *)w->text.bytes,
		};
	}
	ret->notices = s->notices;
}

static void fill_names(const struct pack *p, size_t i, struct space *s,
		       struct consent_record *ret)
{
	const char *channel = p->channels[i].text;
	const char *via = pack_via(p, i);
	bool german = strcmp(p->w->settings->controller.language, "en") != 0;

	uuid_of(p, "record", channel, s->id);
	(void)snprintf(s->iri, sizeof(s->iri), "urn:uuid:%s", s->id);
	(void)snprintf(s->subject, sizeof(s->subject), "urn:postern:person:%s",
		       p->person_id.text);
	(void)snprintf(s->recipient, sizeof(s->recipient),
		       "urn:postern:party:provider%s%s",
		       channel[0] != '\0' ? ":" : "", channel);
	ret->iri = s->iri;
	ret->id = s->id;
	ret->subject = s->subject;
	ret->recipient_id = s->recipient;
	ret->recipient_name = via[0] != '\0' ? via : "provider";
	ret->service = channel[0] != '\0' ? channel : "messaging";
	ret->withdrawal =
	    german ? "STOP im selben Kanal" : "STOP in the same channel";
}

/* Borrows from the pack and from s. */
static void fill_record(const struct pack *p, size_t i, struct space *s,
			struct consent_record *ret)
{
	const struct settings *settings = p->w->settings;

	*ret = (struct consent_record){
	    .jurisdiction = COUNTRY,
	    .language = settings->controller.language,
	    .purpose = pack_term(p),
	    .purpose_name = p->purpose.name.text,
	    .marketing = p->purpose.marketing,
	    .special = p->special,
	    .data = p->data,
	    .data_len = p->data_len,
	    .location = COUNTRY,
	    .duration = s->duration,
	    .deletion = s->deletion,
	    .policy_url = id_or_null(settings->controller.policy_url),
	    .authority = render_authority(settings->controller.land),
	};
	storage_texts(p, s);
	pack_controller(p, &ret->controller);
	fill_names(p, i, s, ret);
	fill_events(p, i, s, ret);
}

json_t *pack_receipt(const struct pack *p)
{
	struct consent_record records[PACK_CHANNELS_MAX];
	struct space *spaces = calloc(p->channels_len, sizeof(*spaces));
	char id[UUID_BYTES];
	json_t *ret = NULL;

	if (spaces == NULL)
		return NULL;
	for (size_t i = 0; i < p->channels_len; i++)
		fill_record(p, i, &spaces[i], &records[i]);
	/* What is in a receipt follows from when it was made. */
	uuid_of(p, "receipt", p->created, id);
	ret = consentreceipt_print(records, p->channels_len, id, p->now_ms);
	sodium_memzero(spaces, p->channels_len * sizeof(*spaces));
	free(spaces);
	return ret;
}

json_t *pack_kantara(const struct pack *p, size_t i)
{
	struct space *s = calloc(1, sizeof(*s));
	struct consent_record record;
	char id[UUID_BYTES];
	json_t *ret;

	if (s == NULL)
		return NULL;
	fill_record(p, i, s, &record);
	uuid_of(p, "kantara", p->channels[i].text, id);
	ret = kantara_print(&record, id);
	sodium_memzero(s, sizeof(*s));
	free(s);
	return ret;
}
