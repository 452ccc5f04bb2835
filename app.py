"""The web app: `streamlit run app.py`. The project is REVIEW_PROJECT, else the current directory."""

import streamlit as st

from review.ui.desk.routes import ROUTES
from review.ui.serve import SCRIPT, lifespan

app = st.App(SCRIPT, lifespan=lifespan, routes=ROUTES)
