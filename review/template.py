"""The text of a new review.toml, with the defaults in it. It must parse to what `review.settings` says."""

TEMPLATE = '''\
# Settings of a review project. Every key may be left out; what stands here are the defaults.

[project]
name = {name}

[corpus]
# name = "web-en"              # default: the folder of the files, or --corpus at `review ingest`
# text_column = "text"         # default: found by name (text, content, raw_content, body, document)
# id_column = "id"             # refuses duplicate ids within a file
# language_column = "language"
# metadata_columns = ["url"]   # default: every other small column
hidden_columns = []            # never shown to reviewers, e.g. ["model_*", "truth_*"]
scan = "full"                  # full: read every text once at ingest; footer: Parquet footers only (for 100 GB files)

[rubric]                       # the first version; what you change here becomes the next one, as changes in the app do
require_reason = false         # a reject waits for a reason
score = "off"                  # a 0 to 5 score: off, also (beside the verdict), or instead (of it)
keep_from = 3                  # instead: this score and above mean keep, those below reject
# anchors = ["Noise", "", "", "", "", "Teaches"]  # what the scores 0 to 5 mean
# verdicts = [{{ verdict = "keep", name = "Good", hint = "Worth learning from." }}]  # what readers see for it
final = "majority"             # of several labels of a document: the most frequent, a tie is unsure; or unanimous
                               # (else it waits for a lead), newest, strictest. A lead's adjudication overrides it.
guideline = """
{guideline}"""
reasons = [
{reasons}
]

[sampling]
seed = 20261122                # the same seed gives the same draws
# audit_per_shard = 120        # default: what the plan needs
training_batch = 50
training_strategy = "uncertain"  # or random, likely_bad, diverse, novel, or a mix: "uncertain=0.6,diverse=0.4"

[plan]
accept = 0.02                  # p0: a shard with at most this bad share should pass
reject = 0.06                  # p1: a shard with this bad share or more must not pass
alpha = 0.05                   # risk of approving a shard that is p1 bad or worse
beta = 0.10                    # risk of not approving a shard that is p0 bad or better
method = "fixed"               # or sequential: stops as soon as the labels allow
unit = "documents"             # what shares count; tokens: a document counts by its length in characters
use_classifier = true          # sequential: draw more where the model in use is unsure, if its AUC is 0.75 or more

[readers]                      # reviewer error becomes part of every certificate ...
gold_from = 100                # ... from so many answers to bad and to good gold documents on; 0: never
# bad_found = 57               # measured elsewhere, on documents whose answer is known: bad ones that were rejected ...
# bad_shown = 60               # ... of those they were shown
# good_kept = 198
# good_shown = 200

[classifier]
encoder = "static"             # static, minilm (extra), or any sentence-transformers name or path: it joins only
                               # where it adds more to the AUC on audit labels than noise
cascade = 1.0                  # share of the documents, the least sure ones, that the encoder reads; 1: all of them
seed = 0
false_accept_cost = 1.0        # keeping a bad document costs this much ...
false_reject_cost = 1.0        # ... against losing a good one
objective = "soft"             # taught: share of readers who keep it; or majority; or rating, their 0 to 5 scores
precision = 0.95               # good share wanted among what is kept, certified from audit labels ...
precision_risk = 0.10          # ... but for this risk
max_bytes = 4000               # read of a document's beginning, in training and scoring alike; 0: all, half as fast

[desk]                         # audit draws are always blind: no scores, no shard names, nobody else's verdict
queue = 12                     # documents a browser holds ahead
lease_minutes = 30
overlap = 1                    # people who judge an audit document ...
overlap_share = 1.0            # ... of this share of them, chosen as they are drawn; the others get one
until_agreement = false        # true: of these, two people first, and more, up to overlap, only while no two agree
gold_share = 0.0               # of what a reviewer gets, blind: documents whose answer is known, see `review gold`
gold_feedback = false          # true: the reviewer is told the known answer afterwards
repeat_share = 0.0             # of what a reviewer gets, blind: documents of their own once more ...
repeat_distance = 200          # ... after so many others, at least
reasons = "before"             # before the reject, or after: a reject then waits for its reason, Enter for none
show_on_training = []          # of "score", "shard", "labels": what training draws may show beside the text

[desk.keys]                    # other keys for the desk's acts, e.g. keep = "f"; each reviewer may change them again

[decisions]
two_person = false             # true: an approval stands only once a second lead has confirmed it

[release]
risk = "shard"                 # what a list promises: shard (each at its own alpha), fdr (of the expected share of
                               # wrong ones), family (of any wrong one); shards that lack evidence are left out
audit_rejected = 0             # documents of rejected shards to read, to bound the good text that is lost

[auth]
mode = "local"                 # one trusted machine; the server listens on loopback
'''
