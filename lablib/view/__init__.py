"""Pictures and widgets, each built from plain data (floor 4).

- picture.py: one way to make a picture that moves;
- controls.py, control.js: what moves it;
- chart.py: axes, for pictures that are charts;
- theme.py: colours that are readable in the light and in the dark theme;
- cards.py: a question with answers to choose from;
- bill.py, tuning.py: what it costs, in a month and at each memory size;
- fleet.py, canvas.py, fleet.js: a fleet of environments, drawn in the browser;
- timeline.py, remembering.py: what environments did, and what they remember;
- coursemap.py, manages.py: the pictures.

A picture is drawn with matplotlib's object API on one kept figure, turned into SVG and shown in an `ipywidgets.HTML`:
crisp, with a text alternative, and comparable by nbval. Nothing here talks to AWS.
"""
