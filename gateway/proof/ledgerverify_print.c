/* ledgerverify_print.c - a finding in words. */
#include <inttypes.h>
#include <stdio.h>

#include "postern/ledgerverify.h"

#define LINE_BYTES 256

/* %1: the index, %2: the size. */
static const char *const words[][2] = {
    [LEDGER_SOUND] = {"sound: the %2 signed entries are all there and "
		      "unchanged",
		      "in Ordnung: die %2 signierten Einträge sind alle da und "
		      "unverändert"},
    [LEDGER_BAD_SIGNATURE] = {"the checkpoint is not signed by a key that was "
			      "given",
			      "der Prüfpunkt ist von keinem der angegebenen "
			      "Schlüssel signiert"},
    [LEDGER_BAD_ENTRY] = {"entry %1 was changed (of %2 that were signed)",
			  "Eintrag %1 wurde verändert (von %2 signierten)"},
    [LEDGER_MISSING_ENTRY] = {"entry %1 was removed (of %2 that were signed)",
			      "Eintrag %1 wurde entfernt (von %2 signierten)"},
    [LEDGER_BAD_TILE] = {"the stored hashes were changed, first above entry "
			 "%1 (of %2 that were signed)",
			 "die gespeicherten Hashwerte wurden verändert, zuerst "
			 "über Eintrag %1 (von %2 signierten)"},
    [LEDGER_BAD_ROOT] = {"entries and hashes agree, but they are not the %2 "
			 "entries that were signed; the first difference lies "
			 "at entry %1 or after it",
			 "Einträge und Hashwerte passen zusammen, sind aber "
			 "nicht die %2 signierten Einträge; der erste "
			 "Unterschied liegt bei Eintrag %1 oder danach"},
    [LEDGER_SHORT] = {"the log ends before entry %1, but %2 were signed: it "
		      "was taken back to an earlier state, or cut off",
		      "das Protokoll endet vor Eintrag %1, signiert wurden %2: "
		      "es wurde auf einen früheren Stand zurückgesetzt oder "
		      "abgeschnitten"},
    [LEDGER_BAD_CHECKPOINT] = {"an earlier checkpoint (size %2) is not one of "
			       "this log; the last good one has size %1",
			       "ein früherer Prüfpunkt (Größe %2) gehört nicht "
			       "zu diesem Protokoll; der letzte gute hat Größe "
			       "%1"},
};

int ledger_finding_print(const struct ledger_finding *f, bool german,
			 struct buf *ret, struct err *err)
{
	char line[LINE_BYTES];
	size_t len = 0;

	for (const char *at = words[f->fault][german]; *at != '\0'; at++) {
		if (*at != '%') {
			line[len++] = *at;
			continue;
		}
		len +=
		    (size_t)snprintf(line + len, sizeof(line) - len, "%" PRIu64,
				     *++at == '1' ? f->index : f->size);
	}
	return buf_append(ret, line, len, err);
}
