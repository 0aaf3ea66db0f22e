/* ledger.c - section ledger: checkpoints of the proof log, and who else sees
 * them. */
#include "postern/period.h"
#include "postern/signednote.h"
#include "settings/parse.h"
#include "settings/syntax.h"

/* --- numbers -------------------------------------------------------------- */

static const struct conf_number minutes = {"minutes", 1, 1440, 5, "minutes"};
static const struct conf_number entries = {"entries", 1, 100000, 1000,
					   "entries"};
static const struct conf_number hours = {"hours", 1, 24, 24, "hours"};

void conf_ledger_defaults(struct settings *s)
{
	s->ledger.checkpoint_minutes = minutes.fallback;
	s->ledger.checkpoint_entries = entries.fallback;
	s->ledger.stamp.hours = hours.fallback;
	(void)snprintf(s->ledger.keep, sizeof(s->ledger.keep), "P10Y");
}

/* --- one value ------------------------------------------------------------ */

/* It is the name of the log and of its keys in every checkpoint.
 * Source: C2SP signed-note, tlog-checkpoint. */
static void origin_read(struct parse *in, const struct yaml *node)
{
	char *origin = in->s->ledger.origin;

	if (!node || !conf_text_into(in, node, "origin", 1, origin,
				     sizeof(in->s->ledger.origin)))
		return;
	for (const char *c = origin; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c > '~' ||
		    *c == '+') {
			diag_add(
			    in->diag, node->line, node->column,
			    "origin is no name of a log; write it without "
			    "blanks and +, such as muster.example/postern");
			return;
		}
}

static void checkpoint_read(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"minutes", "entries"};

	if (!map || !conf_is_map(in, map, "checkpoint"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	conf_number_into(in, map, &minutes, &in->s->ledger.checkpoint_minutes);
	conf_number_into(in, map, &entries, &in->s->ledger.checkpoint_entries);
}

/* The log proves what was done to others; a short memory would be none. */
static void keep_read(struct parse *in, const struct yaml *node)
{
	char *keep = in->s->ledger.keep;
	struct period period;

	if (!node || !conf_text_into(in, node, "keep", 1, keep,
				     sizeof(in->s->ledger.keep)))
		return;
	if (!period_parse(keep, &period) || period_days_min(&period) < 365)
		diag_add(in->diag, node->line, node->column,
			 "keep is no period of at least a year; write one such "
			 "as P10Y");
}

static void publish_read(struct parse *in, const struct yaml *node)
{
	if (node && !yaml_bool(node, &in->s->ledger.publish))
		diag_add(in->diag, node->line, node->column,
			 "publish is neither true nor false; write one of "
			 "them");
}

/* A remark only: the log goes on without it, and it may come later. */
static void note_unseen(struct parse *in, const struct yaml *node,
			const char *name, bool folder)
{
	const struct settings_source *source = in->source;

	if (source->notes && source->seen &&
	    !source->seen(source->ctx, name, folder))
		diag_add(source->notes, node->line, node->column,
			 "%s is no %s this user can see; make it, or write "
			 "another",
			 name, folder ? "folder" : "file");
}

/* --- other machines ------------------------------------------------------- */

static void peer_url(struct parse *in, const struct yaml *map,
		     struct settings_peer *peer)
{
	const struct yaml *node =
	    conf_need(in, map, "url", "add the address that is called");
	struct url url;
	size_t len;

	if (!node ||
	    !conf_text_into(in, node, "url", 1, peer->url, sizeof(peer->url)))
		return;
	if (!syntax_url(peer->url, &url))
		diag_add(in->diag, node->line, node->column,
			 "url is no address; write https://host/path without "
			 "user name and fragment");
	len = strlen(peer->url);
	if (len > 0 && peer->url[len - 1] == '/')
		peer->url[len - 1] = '\0';
}

static void witness_vkey(struct parse *in, const struct yaml *node,
			 const char *text)
{
	struct note_key key = {.type = NOTE_COSIGNATURE};
	struct err err = {0};

	if (note_key_parse(text, strlen(text), &key, &err) != 0)
		diag_add(in->diag, node->line, node->column,
			 "vkey is no key: %s; copy what the witness printed",
			 err.what);
	else if (key.type != NOTE_COSIGNATURE)
		diag_add(in->diag, node->line, node->column,
			 "vkey is no key of a witness but of a log; copy what "
			 "the witness printed");
}

static void witness_read(struct parse *in, const struct yaml *map,
			 struct settings_peer *peer)
{
	static const char *const keys[] = {"vkey", "url", "allow"};
	const struct yaml *node;

	if (!conf_is_map(in, map, "a witness"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	node = conf_need(in, map, "vkey",
			 "add the key the witness printed: name+hash+key");
	if (node &&
	    conf_text_into(in, node, "vkey", 1, peer->vkey, sizeof(peer->vkey)))
		witness_vkey(in, node, peer->vkey);
	conf_allow(in, yaml_get(map, "allow"), peer->allow, &peer->allow_len);
	peer_url(in, map, peer);
}

/* A witness counts once, however often it is written. */
static void witness_again(struct parse *in, const struct yaml *node)
{
	const struct settings_peer *all = in->s->ledger.witnesses;
	size_t last = in->s->ledger.witnesses_len;

	for (size_t i = 0; i < last && all[last].vkey[0] != '\0'; i++)
		if (strcmp(all[i].vkey, all[last].vkey) == 0) {
			diag_add(in->diag, node->line, node->column,
				 "this witness is listed already; take one of "
				 "the two out");
			return;
		}
}

static void witnesses_read(struct parse *in, const struct yaml *list)
{
	struct settings *s = in->s;

	if (!list || !conf_is_list(in, list, "witnesses"))
		return;
	s->ledger.witnesses = conf_entries(in, list, SETTINGS_WITNESSES_MAX,
					   sizeof(*s->ledger.witnesses));
	if (!s->ledger.witnesses)
		return;
	for (const struct yaml *at = list->first; at; at = at->next) {
		witness_read(in, at,
			     &s->ledger.witnesses[s->ledger.witnesses_len]);
		witness_again(in, at);
		s->ledger.witnesses_len++;
	}
}

static void stamp_read(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"url", "root", "hours", "allow"};
	struct settings *s = in->s;
	const struct yaml *node;

	if (!map || !conf_is_map(in, map, "stamp"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	conf_allow(in, yaml_get(map, "allow"), s->ledger.stamp.at.allow,
		   &s->ledger.stamp.at.allow_len);
	peer_url(in, map, &s->ledger.stamp.at);
	node = conf_need(in, map, "root",
			 "add the file of the certificate its stamps are "
			 "checked against: root: stamp-root.pem");
	if (node && conf_text_into(in, node, "root", 1, s->ledger.stamp.root,
				   sizeof(s->ledger.stamp.root)))
		note_unseen(in, node, s->ledger.stamp.root, false);
	conf_number_into(in, map, &hours, &s->ledger.stamp.hours);
}

/* --- the data protection officer ------------------------------------------ */

static void officer_mail(struct parse *in, const struct yaml *node)
{
	char *path = in->s->ledger.officer_sendmail;

	if (!conf_text_into(in, node, "sendmail", 1, path,
			    sizeof(in->s->ledger.officer_sendmail)))
		return;
	if (path[0] != '/')
		diag_add(in->diag, node->line, node->column,
			 "sendmail is no absolute path; write it in full, such "
			 "as /usr/sbin/sendmail");
	else
		note_unseen(in, node, path, false);
	if (!syntax_mailbox(in->s->controller.dpo))
		diag_add(in->diag, node->line, node->column,
			 "sendmail has nobody to write to; write a mail "
			 "address under controller: {dpo: ...}");
}

static void officer_read(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"folder", "sendmail"};
	const struct yaml *folder, *sendmail;
	struct settings *s = in->s;

	if (!map || !conf_is_map(in, map, "officer"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	folder = yaml_get(map, "folder");
	sendmail = yaml_get(map, "sendmail");
	if (!folder == !sendmail)
		diag_add(in->diag, map->line, map->column,
			 "officer names %s; write either {folder: PATH} or "
			 "{sendmail: /usr/sbin/sendmail}",
			 folder ? "two ways" : "no way");
	else if (sendmail)
		officer_mail(in, sendmail);
	else if (conf_text_into(in, folder, "folder", 1,
				s->ledger.officer_folder,
				sizeof(s->ledger.officer_folder)))
		note_unseen(in, folder, s->ledger.officer_folder, true);
}

/* --- the whole ------------------------------------------------------------ */

void conf_ledger(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"origin",  "checkpoint", "keep",
					   "publish", "witnesses",  "stamp",
					   "officer"};

	if (!conf_is_map(in, map, "ledger"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	origin_read(in, yaml_get(map, "origin"));
	checkpoint_read(in, yaml_get(map, "checkpoint"));
	keep_read(in, yaml_get(map, "keep"));
	publish_read(in, yaml_get(map, "publish"));
	witnesses_read(in, yaml_get(map, "witnesses"));
	stamp_read(in, yaml_get(map, "stamp"));
	officer_read(in, yaml_get(map, "officer"));
}
