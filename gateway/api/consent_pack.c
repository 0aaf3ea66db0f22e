/* consent_pack.c - one person, one purpose: events, wordings, parties. */
#include "consent_pack.h"

#include <sodium.h>

#include "conversation.h"
#include "postern/text.h"
#include "problem.h"

#define WORDING_MAX (64u * 1024)

static const char wording_sql[] =
    "SELECT text,language,first_ms FROM wording WHERE sha256=?";
static const char kinds_sql[] =
    PERSON_FAMILY "SELECT DISTINCT kind FROM address WHERE person IN"
		  " (SELECT id FROM family) ORDER BY kind LIMIT 8";

void pack_free(struct pack **p)
{
	struct pack *pack = *p;

	*p = NULL;
	if (pack == NULL)
		return;
	for (size_t i = 0; i < pack->wordings_len; i++) {
		buf_free(&pack->wordings[i]->text);
		free(pack->wordings[i]);
	}
	consent_lines_free(&pack->lines);
	sodium_memzero(pack, sizeof(*pack));
	free(pack);
}

/* --- channels ------------------------------------------------------------- */

static void add_channel(struct pack *p, const struct name *channel)
{
	for (size_t i = 0; i < p->channels_len; i++)
		if (name_equal(&p->channels[i], channel))
			return;
	if (p->channels_len < PACK_CHANNELS_MAX)
		p->channels[p->channels_len++] = *channel;
}

/* What was said of every channel belongs to each of them; alone, it is one. */
static void find_channels(struct pack *p, const struct name *only)
{
	for (size_t i = 0; i < p->lines->len; i++) {
		const struct name *channel = &p->lines->all[i].channel;

		if (channel->text[0] != '\0' &&
		    (only == NULL || name_equal(only, channel)))
			add_channel(p, channel);
	}
	if (p->channels_len == 0 && p->lines->len > 0 && only == NULL)
		p->channels_len = 1;
}

bool pack_on(const struct pack *p, size_t i, const struct consent_line *line)
{
	return line->channel.text[0] == '\0' ||
	       name_equal(&line->channel, &p->channels[i]);
}

const char *pack_via(const struct pack *p, size_t i)
{
	const struct settings_channel *c =
	    settings_channel(p->w->settings, &p->channels[i]);

	return c != NULL ? c->type : "";
}

/* --- wordings ------------------------------------------------------------- */

static size_t find_wording(const struct pack *p, const uint8_t sha256[32])
{
	for (size_t i = 0; i < p->wordings_len; i++)
		if (memcmp(p->wordings[i]->sha256, sha256, 32) == 0)
			return i + 1;
	return 0;
}

size_t pack_wording_of(const struct pack *p, const struct consent_line *line)
{
	return line->has_wording ? find_wording(p, line->wording) : 0;
}

static int fill_wording(struct pack *p, struct store_rows *rows,
			const struct consent_line *line, struct err *err)
{
	struct store_value text = store_column(p->w->store, rows, 0);
	struct pack_wording *one = calloc(1, sizeof(*one));

	if (one == NULL)
		return ERR_SET(err, ERR_NOMEM, "a wording", 0);
	p->wordings[p->wordings_len++] = one;
	one->text = BUF_INIT(WORDING_MAX);
	memcpy(one->sha256, line->wording, sizeof(one->sha256));
	hex_encode(one->sha256, sizeof(one->sha256), one->hex);
	(void)snprintf(one->iri, sizeof(one->iri), "urn:postern:wording:%s",
		       one->hex);
	(void)store_word(store_column(p->w->store, rows, 1), one->language,
			 sizeof(one->language));
	if (one->language[0] == '\0')
		(void)snprintf(one->language, sizeof(one->language), "%s",
			       p->w->settings->controller.language);
	caldate_format(
	    caldate_local(p->w->zone, store_column(p->w->store, rows, 2).num),
	    one->first);
	if (buf_append(&one->text, text.bytes, text.len, err) != 0)
		return -1;
	return buf_text(&one->text) != NULL
		   ? 0
		   : ERR_SET(err, ERR_NOMEM, "a wording", 0);
}

static int read_wording(struct pack *p, const struct consent_line *line,
			struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (!line->has_wording || find_wording(p, line->wording) != 0 ||
	    p->wordings_len == PACK_WORDINGS_MAX)
		return 0;
	if (store_start(p->w->store, wording_sql,
			STORE_ARGS(S_BLOB(line->wording, 32)), &rows, err) != 0)
		return -1;
	rc = store_step(p->w->store, rows, err);
	if (rc > 0)
		rc = fill_wording(p, rows, line, err);
	store_finish(p->w->store, &rows);
	return rc;
}

/* --- the person and the parties ------------------------------------------- */

static const char *term_of_kind(const char *kind)
{
	if (strcmp(kind, "phone") == 0)
		return "pd:TelephoneNumber";
	return strcmp(kind, "email") == 0 ? "pd:EmailAddress"
					  : "pd:AccountIdentifier";
}

static void add_data(struct pack *p, const char *term)
{
	for (size_t i = 0; i < p->data_len; i++)
		if (strcmp(p->data[i], term) == 0)
			return;
	if (p->data_len < PACK_KINDS_MAX)
		p->data[p->data_len++] = term;
}

static int read_data(struct pack *p, struct err *err)
{
	struct store_rows *rows = NULL;
	char kind[24];
	int rc;

	add_data(p, "pd:Communication");
	if (store_start(p->w->store, kinds_sql, STORE_ARGS(S_INT(p->person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(p->w->store, rows, err)) > 0)
		if (store_word(store_column(p->w->store, rows, 0), kind,
			       sizeof(kind)))
			add_data(p, term_of_kind(kind));
	store_finish(p->w->store, &rows);
	return rc;
}

const char *pack_term(const struct pack *p)
{
	if (p->purpose.dpv != NULL && consentrecord_is_purpose(p->purpose.dpv))
		return p->purpose.dpv;
	return p->purpose.marketing ? "DirectMarketing"
				    : "CommunicationManagement";
}

/* "Musterweg 1, 10115 Berlin", when nobody told it in parts. */
static void split_contact(struct pack *p)
{
	const char *contact = p->w->settings->controller.contact;
	const char *comma = strrchr(contact, ',');
	const char *code =
	    comma != NULL ? comma + 1 + strspn(comma + 1, " ") : "";
	size_t digits = strspn(code, "0123456789");

	(void)snprintf(p->street, sizeof(p->street), "%s", contact);
	if (digits != 5 || code[digits] != ' ')
		return;
	p->street[comma - contact] = '\0';
	memcpy(p->postal_code, code, digits);
	(void)snprintf(p->city, sizeof(p->city), "%s",
		       code + digits + strspn(code + digits, " "));
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

void pack_controller(const struct pack *p, struct consentrecord_party *ret)
{
	const struct settings *s = p->w->settings;
	const char *dpo = s->controller.dpo;
	bool told = s->controller.address.street[0] != '\0';

	*ret = (struct consentrecord_party){
	    .id = "urn:postern:party:controller",
	    .name = s->controller.name,
	    .contact = or_null(dpo[0] != '\0' ? dpo : s->controller.contact),
	    .email = or_null(s->controller.email),
	    .phone = or_null(s->controller.phone),
	    .url = or_null(s->controller.policy_url),
	    .street = or_null(told ? s->controller.address.street : p->street),
	    .postal_code = or_null(told ? s->controller.address.postal_code
					: p->postal_code),
	    .locality = or_null(told ? s->controller.address.city : p->city),
	    .country = told ? s->controller.address.country : "DE",
	};
	if (ret->email == NULL && strchr(dpo, '@') != NULL)
		ret->email = dpo;
}

/* --- all of it ------------------------------------------------------------ */

static void begin(struct pack *p, struct worker *w, const struct job *job,
		  const struct name *purpose)
{
	p->w = w;
	p->person = job->id;
	p->now_ms = worker_now(w);
	id_format(&w->mask, ID_PERSON, job->id, &p->person_id);
	id_alias(&w->mask, job->id, p->alias);
	instant_format(p->now_ms, p->created);
	/* What the policy no longer has is proved all the same. */
	(void)policy_purpose_of(w->policy, purpose, NULL, &p->purpose);
	p->purpose.name = *purpose;
	p->special = p->purpose.special != NULL &&
		     strcmp(p->purpose.special, "explicit_consent") == 0;
	split_contact(p);
}

int pack_open(struct worker *w, struct job *job, const struct name *purpose,
	      const struct name *channel, struct pack **ret, struct err *err)
{
	struct pack *p = calloc(1, sizeof(*p));

	*ret = p;
	if (p == NULL)
		return ERR_SET(err, ERR_NOMEM, "a proof", 0);
	begin(p, w, job, purpose);
	if (consent_person_there(w, job, p->person, err) != 0 ||
	    consent_lines_read(w, p->person, purpose, &p->lines, err) != 0)
		return -1;
	find_channels(p, channel);
	if (p->channels_len == 0)
		return job_refuse(job, &problem_absent, NULL);
	if (consent_lines_open(w, p->lines, err) != 0)
		return -1;
	for (size_t i = 0; i < p->lines->len; i++)
		if (read_wording(p, &p->lines->all[i], err) != 0)
			return -1;
	return read_data(p, err);
}
