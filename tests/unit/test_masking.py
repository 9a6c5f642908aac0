import pytest

from tasks.masking import mask_text, mask_url, mask_values

CANARY = "s3cr3t-canary"


@pytest.mark.parametrize("key", ["api_key", "API-KEY", "token", "hf_token", "password", "db_passwd", "client_secret"])
def test_values_under_secret_names_are_masked(key: str) -> None:
    assert mask_values({"section": {key: CANARY}}) == {"section": {key: "***"}}


@pytest.mark.parametrize("key", ["max_tokens", "batch_tokens", "token_budget", "key", "tokenizer"])
def test_numbers_and_ordinary_words_stay(key: str) -> None:
    assert mask_values({key: 128}) == {key: 128}


def test_an_ordinary_text_stays() -> None:
    assert mask_values({"tokenizer": "bert", "label": "password reset"}) == {
        "tokenizer": "bert",
        "label": "password reset",
    }


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{CANARY}@host/data.csv",
        f"https://{CANARY}@host/data.csv",
        f"https://host/data.csv?X-Amz-Signature={CANARY}&x=1",
        f"https://host/data.csv?access_token={CANARY}",
    ],
)
def test_urls_lose_their_credentials_and_keep_the_rest(url: str) -> None:
    masked = mask_url(url)
    assert CANARY not in masked
    assert masked.startswith("https://")
    assert "host/data.csv" in masked


@pytest.mark.parametrize(
    "line",
    [
        f"api_key: {CANARY}",
        f'+  "password": "{CANARY}",',
        f"HF_TOKEN={CANARY}",
        f"+token = '{CANARY}'  # mine",
        f"remote: https://me:{CANARY}@host/x",
    ],
)
def test_texts_lose_assigned_secrets(line: str) -> None:
    assert CANARY not in mask_text(line)


@pytest.mark.parametrize(
    "line", ["max_tokens: 128", "password = None", "token_budget: 4096", "split the tokens: gladly"]
)
def test_texts_without_secrets_stay_as_they_are(line: str) -> None:
    assert mask_text(line) == line
