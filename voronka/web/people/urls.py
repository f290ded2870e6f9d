"""The people pages."""

from django.urls import path

from voronka.web.people.views import calendars, departments, dismissal, people, person, roles

app_name = "people"
urlpatterns = [
    path("", people.index, name="index"),
    path("invite/", people.invite, name="invite"),
    path("roles/", roles.index, name="roles"),
    path("roles/new/", roles.edit, name="role_new"),
    path("roles/<int:role_id>/", roles.edit, name="role"),
    path("roles/<int:role_id>/delete/", roles.delete, name="role_delete"),
    path("departments/", departments.index, name="departments"),
    path("departments/new/", departments.edit, name="department_new"),
    path("departments/<int:department_id>/", departments.edit, name="department"),
    path("departments/<int:department_id>/delete/", departments.delete, name="department_delete"),
    path("calendars/", calendars.index, name="calendars"),
    path("calendars/new/", calendars.edit, name="calendar_new"),
    path("calendars/<int:calendar_id>/", calendars.edit, name="calendar"),
    path("calendars/<int:calendar_id>/delete/", calendars.delete, name="calendar_delete"),
    path("<int:user_id>/", person.index, name="person"),
    path("<int:user_id>/hours/", person.hours, name="hours"),
    path("<int:user_id>/absences/", person.absences, name="absences"),
    path("<int:user_id>/absences/<int:absence_id>/", person.cancel_absence, name="cancel_absence"),
    path("<int:user_id>/link/", person.link, name="link"),
    path("<int:user_id>/sign-out/", person.sign_out, name="sign_out"),
    path("<int:user_id>/keys/<int:token_id>/", person.revoke, name="revoke"),
    path("<int:user_id>/why/", person.why, name="why"),
    path("<int:user_id>/view/", people.view_as, name="view_as"),
    path("<int:user_id>/dismiss/", dismissal.index, name="dismiss"),
    path("<int:user_id>/take-back/", dismissal.take_back, name="take_back"),
]
