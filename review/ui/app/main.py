"""The script Streamlit runs for every session."""

from pathlib import Path

import streamlit as st

from review.ui import shell

LOGO = str(Path(__file__).with_name("logo.svg"))

st.set_page_config(page_title="corpus review", page_icon=LOGO, layout="wide", initial_sidebar_state="collapsed")
st.logo(LOGO, size="medium")  # the style sheet writes the name beside it
shell.run()
