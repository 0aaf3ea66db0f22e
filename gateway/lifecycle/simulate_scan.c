/* simulate_scan.c - the items of the archive, taken through two policies. */
#include "simulate_scan.h"

#include <stdlib.h>
#include <string.h>

#include "consent_then.h"
#include "postern/caldate.h"
#include "restricted.h"
#include "store/schema.h"

/* A deletion that came before its message leaves a row that was told to
 * nobody; one that came after leaves its outcome as it was.  What a message
 * said before it was changed (kind version) did not come by itself. */
#define CLOSED "CASE c.state WHEN 'closed' THEN c.closed_ms END"
static const char messages_sql[] =
    "SELECT m.id,c.channel,m.datenart,m.received_ms," CLOSED ","
    "CASE WHEN m.content_sealed IS NULL THEN 0 ELSE 1 END,c.person,c.id,"
    "c.datenart,"
    "CASE WHEN m.direction='in' AND m.kind<>'version' THEN 1 ELSE 0 END,"
    "CASE m.kind WHEN 'edit' THEN 1 ELSE 0 END,"
    "CASE WHEN m.state IN ('deleted','masked','kept') THEN m.outcome ELSE 0"
    " END,m.tags FROM message m JOIN conversation c ON c.id=m.conversation"
    " WHERE m.id>? AND m.id<=? ORDER BY m.id LIMIT ?";
static const char attachments_sql[] =
    "SELECT a.id,a.channel,a.datenart,a.created_ms," CLOSED ",1,c.person,c.id"
    " FROM attachment a JOIN conversation c ON c.id=a.conversation"
    " WHERE a.id>? AND a.id<=? AND a.state<>'gone' ORDER BY a.id LIMIT ?";
static const char quarantine_sql[] =
    "SELECT id,channel,'RAW',received_ms,NULL,1,0,0 FROM quarantine"
    " WHERE id>? AND id<=? ORDER BY id LIMIT ?";

/* Where a slice of the smaller tables ends: the id of the last row that still
 * belongs to it. */
static const char attachments_end_sql[] =
    "SELECT id FROM attachment WHERE id>? AND id<=? ORDER BY id LIMIT 1"
    " OFFSET ?";
static const char quarantine_end_sql[] =
    "SELECT id FROM quarantine WHERE id>? AND id<=? ORDER BY id LIMIT 1"
    " OFFSET ?";

static const char *const first_sql[] = {"SELECT min(id) FROM message",
					"SELECT min(id) FROM attachment",
					"SELECT min(id) FROM quarantine"};
static const char *const last_sql[] = {"SELECT max(id) FROM message",
				       "SELECT max(id) FROM attachment",
				       "SELECT max(id) FROM quarantine"};

struct simulate_scan {
	struct simulate_scan_conf conf;
	struct simulate *s;
	struct consent_then *consents; /* NULL: nobody asked yet */
	struct restricted *restricted;
};

/* --- opening -------------------------------------------------------------- */

static void channel_of(const struct settings *settings, size_t i, int64_t today,
		       struct simulate_channel *ret)
{
	const struct settings_channel *c = &settings->channels[i];
	const struct settings_helpdesk *desk =
	    settings_route(settings, &c->name);

	*ret = (struct simulate_channel){
	    .name = c->name,
	    .mechanism = policy_mechanism(c->provider.mechanism,
					  c->provider.review, today),
	};
	if (desk != NULL)
		ret->helpdesk = desk->name;
}

int simulate_scan_open(const struct simulate_scan_conf *conf,
		       struct simulate_scan **ret, struct err *err)
{
	struct simulate_channel channels[SETTINGS_CHANNELS_MAX];
	int64_t today = caldate_local(conf->zone, conf->now_ms);
	struct simulate_conf how = {
	    .policy = {conf->before, conf->after},
	    .zone = conf->zone,
	    .today = today,
	    .from = conf->from > today ? conf->from : today,
	    .channels = channels,
	};
	struct simulate_scan *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	s->conf = *conf;
	for (size_t i = 0;
	     conf->settings != NULL && i < conf->settings->channels_len &&
	     i < SETTINGS_CHANNELS_MAX;
	     i++)
		channel_of(conf->settings, i, today,
			   &channels[how.channels_len++]);
	if (simulate_new(&how, &s->s, err) != 0 ||
	    restricted_load(conf->st, &s->restricted, err) != 0) {
		simulate_scan_close(&s);
		return -1;
	}
	*ret = s;
	return 0;
}

void simulate_scan_rest(struct simulate_scan *s)
{
	if (s->consents != NULL)
		consent_then_close(&s->consents);
}

void simulate_scan_close(struct simulate_scan **s)
{
	if (*s != NULL) {
		simulate_scan_rest(*s);
		restricted_free(&(*s)->restricted);
		simulate_free(&(*s)->s);
	}
	free(*s);
	*s = NULL;
}

struct simulate *simulate_scan_table(struct simulate_scan *s)
{
	return s->s;
}

int simulate_scan_ends(struct store *st, int64_t *ret_first, int64_t *ret_last,
		       struct err *err)
{
	*ret_first = *ret_last = 0;
	for (size_t i = 0; i < sizeof(last_sql) / sizeof(last_sql[0]); i++) {
		int64_t first = 0, last = 0;
		bool found = false;

		if (store_one_int(st, first_sql[i], STORE_NO_ARGS, &first,
				  &found, err) != 0 ||
		    store_one_int(st, last_sql[i], STORE_NO_ARGS, &last, &found,
				  err) != 0)
			return -1;
		if (found && (*ret_first == 0 || first < *ret_first))
			*ret_first = first;
		if (found && last > *ret_last)
			*ret_last = last;
	}
	return 0;
}

/* --- a row ---------------------------------------------------------------- */

/* What any table gives: see the statements. */
static int item_read(const struct simulate_scan *s, struct store_rows *rows,
		     struct simulate_item *ret, struct err *err)
{
	struct store *st = s->conf.st;
	struct store_value channel = store_column(st, rows, 1);
	struct store_value datenart = store_column(st, rows, 2);

	*ret = (struct simulate_item){
	    .received_ms = store_column(st, rows, 3).num,
	    .closed_ms = store_column(st, rows, 4).num,
	    .holds = store_column(st, rows, 5).num != 0,
	    .restricted =
		restricted_is(s->restricted, store_column(st, rows, 6).num,
			      store_column(st, rows, 7).num),
	};
	if (name_set(&ret->channel, channel.bytes, channel.len) &&
	    name_set(&ret->datenart, datenart.bytes, datenart.len))
		return 0;
	return ERR_SET(err, ERR_INPUT, "names of an item", 0);
}

static int consent_read(struct simulate_scan *s, enum simulate_side side,
			struct consent_then_ask *ask, bool *ret,
			struct err *err)
{
	struct policy_purpose purpose = {0};
	const struct policy *p =
	    side == SIMULATE_BEFORE ? s->conf.before : s->conf.after;

	ask->side = side;
	ask->purpose = simulate_asks(s->s, side, ask->channel);
	if (ask->purpose == NULL)
		return 0;
	if (s->consents == NULL &&
	    consent_then_open(s->conf.st, &s->consents, err) != 0)
		return -1;
	ask->marketing =
	    policy_purpose_of(p, ask->purpose, ask->channel, &purpose) &&
	    purpose.marketing;
	return consent_then_valid(s->consents, ask, ret, err);
}

static unsigned int found_of(int64_t tags)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < FINDS; i++)
		if ((tags & MSG_TAG_FOUND(i)) != 0)
			found |= 1u << i;
	return found;
}

/* A message that came in, so far as it can be decided once more. */
static int came_read(struct simulate_scan *s, struct store_rows *rows,
		     struct simulate_item *ret, struct err *err)
{
	struct store *st = s->conf.st;
	struct store_value tag = store_column(st, rows, 8);
	struct consent_then_ask ask = {
	    .channel = &ret->channel,
	    .person = store_column(st, rows, 6).num,
	    .conversation = store_column(st, rows, 7).num,
	    .message = store_column(st, rows, 0).num,
	    .received_ms = ret->received_ms,
	};
	/* What changes something said before needs no consent of its own. */
	bool speaks = store_column(st, rows, 10).num == 0;

	ret->came = store_column(st, rows, 9).num != 0;
	if (!ret->came)
		return 0;
	(void)(tag.type == STORE_TEXT &&
	       name_set(&ret->tag, tag.bytes, tag.len)); /* "": none */
	ret->taken_back = store_column(st, rows, 11).num == MSG_KEPT;
	ret->found = found_of(store_column(st, rows, 12).num);
	speaks = speaks && !ret->taken_back;
	for (int side = 0; side < SIMULATE_SIDES; side++) {
		ret->consent[side] = !speaks;
		if (speaks && consent_read(s, (enum simulate_side)side, &ask,
					   &ret->consent[side], err) != 0)
			return -1;
	}
	return 0;
}

/* --- a slice -------------------------------------------------------------- */

struct slice {
	struct simulate_scan *s;
	int64_t after, upto;
	size_t most, read;
	int64_t reached; /* by the rows that were read */
	simulate_sink *sink;
	void *ctx;
};

static int row(struct slice *l, struct store_rows *rows, bool message,
	       struct err *err)
{
	struct simulate_verdict verdict;
	struct simulate_item item;

	l->reached = store_column(l->s->conf.st, rows, 0).num;
	l->read++;
	if (item_read(l->s, rows, &item, err) != 0 ||
	    (message && came_read(l->s, rows, &item, err) != 0) ||
	    simulate_judge(l->s->s, &item, &verdict, err) != 0)
		return -1;
	return l->sink(l->ctx, &item, &verdict, err);
}

static int table(struct slice *l, const char *sql, bool message,
		 struct err *err)
{
	struct store *st = l->s->conf.st;
	struct store_rows *rows = NULL;
	int rc;

	l->read = 0;
	if (store_start(
		st, sql,
		STORE_ARGS(S_INT(l->after), S_INT(l->upto), S_INT(l->most)),
		&rows, err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		rc = row(l, rows, message, err);
		if (rc != 0)
			break;
	}
	/* The read ends here, and with it its hold on the log. */
	store_finish(st, &rows);
	return rc;
}

static int shorten(struct slice *l, const char *sql, struct err *err)
{
	int64_t end = 0;
	bool found = false;

	if (store_one_int(
		l->s->conf.st, sql,
		STORE_ARGS(S_INT(l->after), S_INT(l->upto), S_INT(l->most - 1)),
		&end, &found, err) != 0)
		return -1;
	if (found)
		l->upto = end;
	return 0;
}

/* Messages are by far the most: the smaller tables bound the slice first, so
 * that none of the three gives more rows than asked for. */
int simulate_scan_step(struct simulate_scan *s, int64_t *reached, int64_t last,
		       size_t most, simulate_sink *sink, void *ctx,
		       struct err *err)
{
	struct slice l = {
	    .s = s,
	    .after = *reached,
	    .upto = last,
	    .most = most > INT32_MAX ? INT32_MAX : most,
	    .sink = sink,
	    .ctx = ctx,
	};

	if (shorten(&l, attachments_end_sql, err) != 0 ||
	    shorten(&l, quarantine_end_sql, err) != 0 ||
	    table(&l, messages_sql, true, err) != 0)
		return -1;
	if (l.read == l.most)
		l.upto = l.reached;
	if (table(&l, attachments_sql, false, err) != 0 ||
	    table(&l, quarantine_sql, false, err) != 0)
		return -1;
	*reached = l.upto;
	return 0;
}
