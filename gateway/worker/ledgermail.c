/* ledgermail.c - a checkpoint as a mail.
 *
 * Everything but the header is base64: the note has to arrive to the byte, and
 * mail programs change line ends and long lines. */
#include "ledgerofficer.h"
#include "postern/caldate.h"
#include "postern/text.h"

#define LINE_BYTES 57 /* 76 characters */
/* In no base64. */
#define BOUNDARY "=_postern_checkpoint"

static const char words_de[] =
    "Guten Tag,\n"
    "\n"
    "Postern führt für %s ein Protokoll über Einwilligungen, Zugriffe und\n"
    "Löschungen.  Es enthält keine personenbezogenen Daten.  Die angehängte\n"
    "Datei ist sein unterschriebener Stand: %llu Einträge.\n"
    "\n"
    "Bitte bewahren Sie sie auf, wo der Betrieb des Gateways sie nicht ändern\n"
    "kann.  Nur wer einen früheren Stand hat, kann später zeigen, dass nichts\n"
    "geändert, entfernt oder zurückgedreht wurde.  Geprüft wird mit\n"
    "`postern ledger verify` oder `postern-verify`.\n";
static const char words_en[] =
    "\n---\n\n"
    "Good day,\n"
    "\n"
    "Postern keeps a log of consents, accesses and deletions for %s.  It "
    "holds\n"
    "no personal data.  The attached file is its signed state: %llu entries.\n"
    "\n"
    "Please keep it where those who run the gateway cannot change it.  Only\n"
    "who has an earlier state can show later that nothing was changed, "
    "removed\n"
    "or taken back.  It is checked with `postern ledger verify` or\n"
    "`postern-verify`.\n";

static int put_base64(struct buf *b, const void *bytes, size_t len,
		      struct err *err)
{
	const uint8_t *at = bytes;
	char line[BASE64_LEN(LINE_BYTES) + 1];

	while (len > 0) {
		size_t n = len < LINE_BYTES ? len : LINE_BYTES;

		base64_encode(at, n, line);
		if (buf_append_text(b, line, err) != 0 ||
		    buf_append_text(b, "\n", err) != 0)
			return -1;
		at += n;
		len -= n;
	}
	return 0;
}

/* RFC 5322, 3.3, in UTC. */
static void date_of(int64_t now_ms, char ret[40])
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu",
					   "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
					     "May", "Jun", "Jul", "Aug",
					     "Sep", "Oct", "Nov", "Dec"};
	const int64_t day = caldate_local(NULL, now_ms);
	const struct caldate d = caldate_of(day);
	const int64_t s = (now_ms - day * DAY_MS) / 1000;

	(void)snprintf(ret, 40, "%s, %u %s %d %02d:%02d:%02d +0000",
		       days[caldate_weekday(day) - 1], d.day,
		       months[d.month - 1], d.year, (int)(s / 3600),
		       (int)(s / 60 % 60), (int)(s % 60));
}

static int put_header(struct buf *b, const struct settings *s,
		      const struct checkpoint *c, int64_t now_ms,
		      struct err *err)
{
	char head[2048], date[40];
	const char *from = s->controller.email;
	int n;

	date_of(now_ms, date);
	n = snprintf(head, sizeof(head),
		     "To: %s\n%s%s%sDate: %s\n"
		     "Subject: Postern: checkpoint %llu of %s\n"
		     "Auto-Submitted: auto-generated\n"
		     "MIME-Version: 1.0\n"
		     "Content-Type: multipart/mixed; boundary=\"" BOUNDARY
		     "\"\n\n",
		     s->controller.dpo, from[0] != '\0' ? "From: " : "", from,
		     from[0] != '\0' ? "\n" : "", date,
		     (unsigned long long)c->size, c->origin);
	if (n < 0 || (size_t)n >= sizeof(head))
		return ERR_SET(err, ERR_INPUT, "header too long", 0);
	return buf_append(b, head, (size_t)n, err);
}

static int put_words(struct buf *b, const struct settings *s,
		     const struct checkpoint *c, struct err *err)
{
	char text[4096];
	const char *who = s->controller.name;
	int de, en;

	de = snprintf(text, sizeof(text), words_de, who,
		      (unsigned long long)c->size);
	if (de < 0 || (size_t)de >= sizeof(text))
		return ERR_SET(err, ERR_INPUT, "text too long", 0);
	en = snprintf(text + de, sizeof(text) - (size_t)de, words_en, who,
		      (unsigned long long)c->size);
	if (en < 0 || (size_t)(de + en) >= sizeof(text))
		return ERR_SET(err, ERR_INPUT, "text too long", 0);
	if (buf_append_text(b,
			    "--" BOUNDARY "\n"
			    "Content-Type: text/plain; charset=utf-8\n"
			    "Content-Transfer-Encoding: base64\n\n",
			    err) != 0)
		return -1;
	return put_base64(b, text, (size_t)(de + en), err);
}

static int put_note(struct buf *b, const struct checkpoint *c,
		    const struct buf *note, struct err *err)
{
	char head[512];

	(void)snprintf(head, sizeof(head),
		       "--" BOUNDARY "\n"
		       "Content-Type: text/plain; charset=utf-8\n"
		       "Content-Disposition: attachment; "
		       "filename=\"checkpoint-%llu.txt\"\n"
		       "Content-Transfer-Encoding: base64\n\n",
		       (unsigned long long)c->size);
	if (buf_append_text(b, head, err) != 0 ||
	    put_base64(b, note->bytes, note->len, err) != 0)
		return -1;
	return buf_append_text(b, "--" BOUNDARY "--\n", err);
}

int ledgerofficer_mail(const struct settings *s, const struct checkpoint *c,
		       const struct buf *note, int64_t now_ms, struct buf *ret,
		       struct err *err)
{
	if (put_header(ret, s, c, now_ms, err) != 0 ||
	    put_words(ret, s, c, err) != 0)
		return -1;
	return put_note(ret, c, note, err);
}
